import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundleCommand, type Running, start } from "./bundled-command.js";
import { makeRandomCheckpoint } from "./random-checkpoint.js";
import { temporaryFolder } from "./workspace.js";

/** `INTERNVL_KILLS=100` for the long run. */
const KILLS = Number(process.env["INTERNVL_KILLS"] ?? 10);
/** Kills before a conversion is let through to its end, so that the next one after a kill is killed too. */
const ROUNDS = 5;

const KINDS = {
  onnx: ["--dtype", "fp32,q4", "--no-verify"],
  transformers: ["--to", "transformers", "--max_shard_size", "20MB"],
};
type Kind = keyof typeof KINDS;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let command: Awaited<ReturnType<typeof bundleCommand>>;
let checkpoint: string;
/** Of an undisturbed conversion: every file by its checksum, and how long it took from its first file on. */
const undisturbed = {} as Record<Kind, { files: Record<string, string>; ms: number }>;

beforeAll(async () => {
  folder = await temporaryFolder();
  command = await bundleCommand();
  checkpoint = await makeRandomCheckpoint(join(folder.path, "checkpoint"));
  for (const kind of Object.keys(KINDS) as Kind[]) {
    const output = join(folder.path, `undisturbed-${kind}`);
    const running = convert(kind, output);
    await begun(output, running);
    const started = performance.now();
    expect(await running.end).toMatchObject({ exit: 0 });
    undisturbed[kind] = { ms: performance.now() - started, files: await checksums(output) };
  }
});
afterAll(async () => {
  await command.remove();
  await folder.remove();
});

function convert(kind: Kind, output: string): Running {
  return start(command.program, ["--input", checkpoint, "--output_dir", output, ...KINDS[kind]]);
}

/** Until this process has the folder's lock: before that nothing can be harmed. */
async function begun(output: string, { child }: Running): Promise<void> {
  const isLocked = async () => {
    const names = await readdir(output).catch(() => []);
    return names.some((name) => name.startsWith(`.internvl-convert.${child.pid}-`));
  };
  while (child.exitCode === null && !(await isLocked())) await sleep(1);
}

/** Which of several conversions has got the folder: its lock lists what it writes. */
async function whoWrites(output: string, running: readonly Running[]): Promise<Running> {
  for (;;) {
    for (const name of await readdir(output).catch(() => [])) {
      const writer = running.find(({ child }) => name.startsWith(`.internvl-convert.${child.pid}-`));
      const noted = writer && (await readFile(join(output, name), "utf8").catch(() => ""));
      if (writer && noted) return writer;
    }
    if (running.every(({ child }) => child.exitCode !== null)) throw new Error("Nobody was seen writing");
    await sleep(1);
  }
}

/** Whether the conversion was over, though perhaps not the process: the last file is there, and the lock is not. */
async function hasEnded(output: string): Promise<boolean> {
  const names = await readdir(output);
  return names.includes("config.json") && !names.some((name) => name.endsWith(".lock"));
}

/** Every file below a folder, hidden ones included, by its checksum. */
async function checksums(directory: string): Promise<Record<string, string>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files: Record<string, string> = {};
  for (const entry of entries.filter((each) => each.isFile())) {
    const path = join(entry.parentPath, entry.name);
    files[relative(directory, path)] = createHash("sha256")
      .update(await readFile(path))
      .digest("hex");
  }
  return files;
}

/** Starts a conversion and sends a signal at a random moment of it. */
async function disturb(kind: Kind, output: string, signal: NodeJS.Signals) {
  const running = convert(kind, output);
  await begun(output, running);
  await sleep(Math.random() * undisturbed[kind].ms);
  running.child.kill(signal);
  return running.end;
}

/**
 * Lets a process run a small part of the time: a conversion might be over before another has begun, and one that is stopped for
 * good shows no sign of life.
 */
function slowDown(child: { kill(signal: NodeJS.Signals): boolean }) {
  child.kill("SIGSTOP");
  const pulse = setInterval(async () => {
    child.kill("SIGCONT");
    await sleep(20);
    child.kill("SIGSTOP");
  }, 300);
  return {
    end() {
      clearInterval(pulse);
      setTimeout(() => child.kill("SIGCONT"), 40);
    },
  };
}

describe.each([
  ["onnx", KILLS],
  ["transformers", Math.ceil(KILLS / 5)],
] as const)("a conversion to %s", (kind, kills) => {
  it(`finishes after ${kills} kills at random moments, with the same bytes`, async () => {
    // Those that came too late to end it do not count.
    for (let killed = 0, folders = 0; killed < kills; folders++) {
      const output = join(folder.path, `killed-${kind}-${folders}`);
      let isComplete = false;
      for (let round = 0; round < ROUNDS && killed < kills && !isComplete; round++) {
        const end = await disturb(kind, output, "SIGKILL");
        isComplete = await hasEnded(output);
        if (end.exit === 0) expect(isComplete).toBe(true);
        else expect(end).toEqual({ exit: "SIGKILL", stderr: expect.any(String) });
        if (!isComplete) killed += 1;
      }
      if (!isComplete) expect(await convert(kind, output).end).toMatchObject({ exit: 0 });
      expect(await checksums(output)).toEqual(undisturbed[kind].files);
    }
  }, 3_600_000);

  it.each(["SIGINT", "SIGTERM"] as const)(
    "leaves nothing after %s",
    async (signal) => {
      for (let round = 0; round < 3; round++) {
        const output = join(folder.path, `${signal}-${kind}-${round}`);
        const end = await disturb(kind, output, signal);
        // It may come when all is done and nobody listens any more, which is as good as too late.
        if (end.exit === 0 || end.exit === signal) expect(await checksums(output)).toEqual(undisturbed[kind].files);
        else {
          expect(end).toMatchObject({ exit: 130, stderr: expect.stringContaining("Nothing half-written was left") });
          expect(await readdir(output).catch(() => [])).toEqual([]);
        }
      }
    },
    300_000,
  );
});

describe("a folder with an earlier conversion", () => {
  it("holds one of the two after a kill and another start", async () => {
    const output = join(folder.path, "replaced");
    const earlier = ["--input", checkpoint, "--output_dir", output, "--dtype", "int8", "--no-verify"];
    for (let round = 0; round < 2; round++) {
      expect(await start(command.program, earlier).end).toMatchObject({ exit: 0 });
      await writeFile(join(output, "README.md"), "mine");
      const before = await checksums(output);
      const running = convert("onnx", output);
      await begun(output, running);
      await sleep((Math.random() * undisturbed.onnx.ms) / 2);
      running.child.kill("SIGKILL");
      await running.end;
      if (existsSync(join(output, "config.json"))) expect(await checksums(output)).not.toEqual(before);
      expect(await convert("onnx", output).end).toMatchObject({ exit: 0 });
      const { "README.md": _, ...files } = await checksums(output);
      expect(files).toEqual(undisturbed.onnx.files);
    }
  }, 300_000);
});

describe("conversions into one folder at the same time", () => {
  it("one writes, the others are told", async () => {
    const output = join(folder.path, "contended");
    const running = [1, 2, 3].map(() => convert("onnx", output));
    const writer = await whoWrites(output, running);
    const slowed = slowDown(writer.child);
    const refused = await Promise.all(running.filter((each) => each !== writer).map(({ end }) => end));
    slowed.end();
    expect(refused.map(({ exit }) => exit)).toEqual([1, 1]);
    for (const { stderr } of refused) {
      expect(stderr).toMatch(
        /^error: Another conversion is writing into the output folder.*choose another --output_dir/m,
      );
    }
    expect(await writer.end).toMatchObject({ exit: 0 });
    expect(await checksums(output)).toEqual(undisturbed.onnx.files);
  }, 300_000);

  it("a running one is not disturbed by another with other dtypes", async () => {
    const output = join(folder.path, "undisturbed");
    const first = convert("onnx", output);
    await begun(output, first);
    const slowed = slowDown(first.child);
    const second = start(command.program, [
      "--input",
      checkpoint,
      "--output_dir",
      output,
      "--dtype",
      "int8",
      "--force",
    ]);
    const refused = await second.end;
    slowed.end();
    expect(refused).toMatchObject({ exit: 1 });
    expect(await first.end).toMatchObject({ exit: 0 });
    expect(await checksums(output)).toEqual(undisturbed.onnx.files);
  }, 300_000);
});
