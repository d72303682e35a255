import { mkdir, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MemoryFolder } from "@internvl/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FolderLock } from "../src/convert-command/folder-lock.js";
import { isLock, lockName } from "../src/convert-command/lock-file.js";
import { OutputFolder } from "../src/convert-command/output-folder.js";
import { bundleCommand } from "./bundled-command.js";
import { makeRandomCheckpoint } from "./random-checkpoint.js";
import { filesBelow, runNode, runShell, temporaryFolder } from "./workspace.js";

/** An id that no process has: above the most that Linux gives. */
const NO_PROCESS = 2 ** 22 + 1;
const SOURCE = new MemoryFolder({});

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

async function made(name: string, files: Record<string, string> = {}): Promise<string> {
  const directory = join(folder.path, name);
  await mkdir(join(directory, "onnx"), { recursive: true });
  for (const [path, text] of Object.entries(files)) await writeFile(join(directory, path), text);
  return directory;
}

async function write(target: OutputFolder, path: string, text: string): Promise<void> {
  const writer = await target.create(path);
  await writer.write(new TextEncoder().encode(text));
  await writer.commit();
}

describe("FolderLock", () => {
  it("is taken over from a process that is gone, with its list", async () => {
    const lock = lockName(NO_PROCESS);
    const directory = await made("gone", { [lock]: "onnx/embed_tokens.onnx\nhalf a li", "a.txt": "mine" });
    await writeFile(join(directory, "onnx", "embed_tokens.onnx"), "half");
    const target = await OutputFolder.open(directory, SOURCE);
    expect(await filesBelow(directory)).toEqual(["a.txt", expect.stringContaining(`.${process.pid}-`)].reverse());
    await target.close();
  });

  it("is held against others as long as its owner shows signs", async () => {
    const directory = await made("held");
    const lock = await FolderLock.claim(directory);
    await expect(FolderLock.claim(directory)).rejects.toMatchObject({
      code: "INPUT_INVALID",
      message: expect.stringContaining(`process ${process.pid}`),
    });
    await lock.release({ mark: false });
    expect(await filesBelow(directory)).toEqual([]);
  });

  it("is taken over from a silent owner, who learns of it and removes nothing", async () => {
    const directory = await made("silent");
    const first = await OutputFolder.open(directory, SOURCE);
    await write(first, "onnx/embed_tokens.onnx", "first");
    // What a program that was stopped looks like: its lock is renamed while it knows nothing.
    const stopped = (await readdir(directory)).find(isLock)!;
    const other = lockName(process.pid + 1);
    await writeFile(join(directory, other), "");
    await rm(join(directory, stopped));
    const failing = first.fill(() => write(first, "onnx/embed_tokens.onnx_data", "first"));
    await expect(failing).rejects.toMatchObject({ code: "FILE_WRITE_FAILED", message: /taken over/ });
    expect(await readFile(join(directory, "onnx", "embed_tokens.onnx"), "utf8")).toBe("first");
    await first.close();
    expect(await readdir(directory)).toContain(other);
  });

  it("of a process that may be another by now is given up after silence", async () => {
    const lock = lockName(process.ppid);
    const directory = await made("reused", { [lock]: "" });
    await utimes(join(directory, lock), 0, 0);
    const claimed = await FolderLock.claim(directory, { silence: 600 });
    expect((await readdir(directory)).filter(isLock)).toHaveLength(1);
    await claimed.release({ mark: false });
  });

  it("refuses a list that leads out of the folder", async () => {
    const directory = await made("escape", { [lockName(NO_PROCESS)]: "../thesis.txt\n" });
    await writeFile(join(folder.path, "thesis.txt"), "years");
    await expect(OutputFolder.open(directory, SOURCE)).rejects.toMatchObject({ code: "FILE_INVALID" });
    expect(await readFile(join(folder.path, "thesis.txt"), "utf8")).toBe("years");
  });
});

describe("OutputFolder", () => {
  it("can be begun again after a replacement that failed, whatever else it holds", async () => {
    const directory = await made("replaced", {
      "config.json": "{}",
      "tokenizer.json": "{}",
      "onnx/embed_tokens.onnx": "earlier",
      "notes.md": "mine",
    });
    const first = await OutputFolder.open(directory, SOURCE);
    const failing = first.fill(async () => {
      await write(first, "onnx/embed_tokens.onnx", "new");
      throw new Error("no luck");
    });
    await expect(failing).rejects.toThrow("no luck");
    await first.close();
    expect((await filesBelow(directory)).filter((name) => !isLock(name)).sort()).toEqual([
      "notes.md",
      "tokenizer.json",
    ]);

    const second = await OutputFolder.open(directory, SOURCE);
    await second.fill(() => write(second, "config.json", "{}"));
    await second.close();
    expect((await filesBelow(directory)).sort()).toEqual(["config.json", "notes.md", "tokenizer.json"]);
  });

  it("has no graph of an earlier conversion once there is a config.json", async () => {
    const directory = await made("mixed", { "config.json": "{}", "onnx/embed_tokens_q8.onnx": "earlier" });
    const target = await OutputFolder.open(directory, SOURCE);
    await write(target, "onnx/embed_tokens.onnx", "new");
    expect(await filesBelow(directory)).not.toContain("config.json");
    const config = await target.create("config.json");
    expect(await filesBelow(directory)).not.toContain("embed_tokens_q8.onnx");
    await config.abort();
    await target.close();
  });

  it("leaves a folder that was there, and not one that it made", async () => {
    const [there, notThere] = [await made("there"), join(folder.path, "not-there")];
    for (const directory of [there, notThere]) {
      const target = await OutputFolder.open(directory, SOURCE);
      await expect(target.fill(() => Promise.reject(new Error("no luck")))).rejects.toThrow("no luck");
      await target.close();
    }
    expect(await readdir(there)).toEqual([]);
    await expect(readdir(notThere)).rejects.toThrow("ENOENT");
  });
});

/**
 * A small disk, to fill it for real: `mount -t tmpfs -o size=20m tmpfs DIR`, then `INTERNVL_SMALL_DISK=DIR`. Without one,
 * the system's limit on a file's size stands in for it.
 */
const SMALL_DISK = process.env["INTERNVL_SMALL_DISK"];

describe("a disk that takes no more", () => {
  let command: Awaited<ReturnType<typeof bundleCommand>>;
  let checkpoint: string;
  beforeAll(async () => {
    command = await bundleCommand();
    checkpoint = await makeRandomCheckpoint(join(folder.path, "checkpoint"));
  });
  afterAll(() => command.remove());

  const args = (output: string) => [
    command.program,
    ...["--input", checkpoint, "--output_dir", output, "--dtype", "fp32", "--no-verify", "--json"],
  ];

  it("ends the conversion with FILE_WRITE_FAILED in the middle of a file, and nothing is left", async () => {
    const output = join(folder.path, "limited");
    // Blocks of 512 bytes: 10 MB, which the data of the vision encoder exceed.
    const { code, stdout } = await runShell("ulimit -f 20480", args(output));
    expect([code, JSON.parse(stdout).error.code]).toEqual([1, "FILE_WRITE_FAILED"]);
    expect(stdout).toContain(join(output, "onnx"));
    expect(await filesBelow(output)).toEqual([]);
    await expect(readdir(output)).rejects.toThrow("ENOENT");
    expect((await runNode(args(output))).code).toBe(0);
  });

  if (SMALL_DISK !== undefined) {
    it(`is ${SMALL_DISK}`, async () => {
      const output = join(SMALL_DISK, "output");
      const { code, stdout } = await runNode(args(output));
      expect([code, JSON.parse(stdout).error.code]).toEqual([1, "FILE_WRITE_FAILED"]);
      expect(stdout).toContain("ENOSPC");
      await expect(readdir(output)).rejects.toThrow("ENOENT");
    });
  }
});
