import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DEMO, run } from "./program.js";

const SIGN = join(DEMO, "samples", "sign-small.png");
const SCENE = join(DEMO, "samples", "sign-and-shapes.png");

let cache: string;
beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), "internvl-cli-"));
  // The first call converts; the others find what it wrote.
  const { stderr } = await run(["describe", SIGN, "--max-new-tokens", "1"], { cache });
  if (!stderr.includes("Converting")) throw new Error(`The first call converted nothing: ${stderr}`);
});
afterAll(() => rm(cache, { recursive: true, force: true }));

describe("internvl describe", () => {
  it("answers each question with --json, one line each", async () => {
    const args = ["describe", SCENE, "-q", "What does it say?", "-q", "What color is the star?", "--json"];
    const { code, stdout, stderr } = await run(args, { cache });
    expect(code).toBe(0);
    const answers = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(answers.map(({ question }) => question)).toEqual(["What does it say?", "What color is the star?"]);
    for (const answer of answers) {
      // 448 x 448 in tiles of 112, of which the model cuts at most 6: 2 x 2 and the thumbnail.
      expect(answer).toMatchObject({ images: [SCENE], tiles: 5, finish_reason: "eos" });
      expect(answer.answer).not.toBe("");
      expect(Object.keys(answer.seconds)).toEqual(["preprocess", "vision", "prompt", "generate"]);
    }
    expect(stderr).not.toContain("Converting");
    expect(stderr.match(/The demo model answers/g)).toHaveLength(1);
  });

  it("streams text, and ends with what it cost", async () => {
    const options = ["--tiles", "1", "-q", "What is the word?"];
    const { code, stdout, stderr } = await run(["describe", SIGN, ...options], { cache });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\S.*\n$/);
    expect(stderr).toMatch(/^1 tile \d+\.\d\d s · \d+ prompt tokens \d+\.\d\d s · \d+ tokens? /m);
    const whole = await run(["describe", SIGN, ...options, "--no-stream"], { cache });
    expect(whole.stdout).toBe(stdout);
  });

  it("draws the same with the same seed", async () => {
    const args = ["describe", SIGN, "--seed", "7", "--temperature", "3", "--max-new-tokens", "12", "--json"];
    const [first, second] = [await run(args, { cache }), await run(args, { cache })];
    expect(JSON.parse(first.stdout).answer).toBe(JSON.parse(second.stdout).answer);
    expect(JSON.parse(first.stdout).seed).toBe(7);
  });

  it("says in words what is wrong with a picture", async () => {
    const text = join(cache, "text.jpg");
    await writeFile(text, "Dear reader, this is no picture.");
    const jpeg = await readFile(join(DEMO, "samples", "shapes-wide.jpg"));
    const half = join(cache, "half.jpg");
    await writeFile(half, jpeg.subarray(0, jpeg.length / 2));
    for (const [path, says] of [
      [text, "Dear reader"],
      [half, "half.jpg"],
      [join(cache, "none.png"), "There is no file"],
    ] as const) {
      const { code, stdout, stderr } = await run(["describe", path], { cache });
      expect(code).toBe(1);
      expect(stdout).toBe("");
      expect(stderr).toContain(says);
      expect(stderr).toMatch(/^error: /);
      expect(stderr).not.toMatch(/^ +at /m);
    }
  });

  it("stops at Ctrl-C before the answer has ended, with exit code 130", async () => {
    const endless = await endlessModel();
    const { code, stdout, stderr } = await run(["describe", SIGN, "--model", endless, "--max-new-tokens", "3500"], {
      cache,
      onAnswer: (child) => child.kill("SIGINT"),
    });
    expect(code).toBe(130);
    expect(stdout.endsWith("\n")).toBe(true);
    const [, tokens] = /(\d+) tokens?(?: at [^·]*)? · stopped/.exec(stderr) ?? [];
    expect(Number(tokens)).toBeGreaterThan(0);
    expect(Number(tokens)).toBeLessThan(3500);
  });

  it("does not mind a reader that goes away", async () => {
    const args = ["describe", SIGN, "--model", await endlessModel(), "--max-new-tokens", "3500"];
    const { code, stderr } = await run(args, { cache, onAnswer: (child) => child.stdout?.destroy() });
    expect(code).toBe(0);
    expect(stderr).not.toContain("EPIPE");
  });
});

describe("internvl chat", () => {
  it("takes turns over a pipe, with a picture in the line", async () => {
    const input = `${SCENE} What does it say?\nWhat color is the star?\n`;
    const { code, stdout, stderr } = await run(["chat", "--json"], { cache, input });
    expect(code).toBe(0);
    const [first, second] = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(first).toMatchObject({ question: "What does it say?", images: [SCENE], tiles: 5 });
    // The picture and the first turn are still in the prompt, and need not be read again.
    expect(second).toMatchObject({ question: "What color is the star?", images: [], tiles: 5 });
    expect(second.cached_tokens).toBeGreaterThanOrEqual(first.prompt_tokens);
    expect(second.prompt_tokens).toBeGreaterThan(first.prompt_tokens + first.generated_tokens);
    expect(stderr).toContain("+ sign-and-shapes.png (448 x 448)");
  });

  it("goes on after what went wrong, and says so at the end", async () => {
    const input = "./none.png what is it?\n/imagine\n/image ./none\n/clear\nWhat is the word?\n/quit\nunheard\n";
    const { code, stdout, stderr } = await run(["chat", SIGN], { cache, input });
    expect(code).toBe(1);
    expect(stderr.match(/There is no file/g)).toHaveLength(2);
    expect(stderr).toContain("There is no command /imagine");
    expect(stdout.trimEnd().split("\n")).toHaveLength(1);
  });
});

describe("internvl inspect", () => {
  it("counts a checkpoint without reading its weights", async () => {
    const { code, stdout } = await run(["inspect", DEMO, "--json"], { cache });
    expect(code).toBe(0);
    const { kind, totals, parts, convertedBytes } = JSON.parse(stdout);
    expect(kind).toBe("checkpoint");
    expect(parts.vision + parts.projector + parts.language).toBe(totals.parameters);
    expect(totals.dtypes).toEqual({ F16: totals.parameters });
    expect(convertedBytes.q4).toBeLessThan(convertedBytes.int8);
    expect(convertedBytes.fp16).toBeLessThan(convertedBytes.fp32);
  });

  it("lists the graphs of a converted folder", async () => {
    const { code, stdout } = await run(["inspect", await convertedDemo()], { cache });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^onnx\/vision_encoder_int8\.onnx {2}int8, /m);
    expect(stdout).toContain("in   pixel_values float32 [tiles, 3, 112, 112]");
    expect(stdout).toContain("out  image_features float32 [tiles, 16, 128]");
    expect(stdout).not.toContain("past_key_values");
  });
});

describe("internvl", () => {
  it.each([["--help"], ["describe", "--help"], ["chat", "--help"], ["convert", "--help"], ["inspect", "--help"]])(
    "explains itself: %s %s",
    async (...args) => {
      const { code, stdout } = await run(args, { cache });
      expect(code).toBe(0);
      expect(stdout).toContain("Examples:\n  internvl ");
    },
  );

  it("refuses options that mean nothing", async () => {
    for (const args of [
      ["describe", SIGN, "--tiles", "0"],
      ["describe"],
      ["paint"],
      ["describe", SIGN, "--dtype", "q5"],
    ]) {
      const { code, stderr } = await run(args, { cache });
      expect(code).toBe(1);
      expect(stderr).toMatch(/^error: /);
    }
  });
});

async function convertedDemo(): Promise<string> {
  const root = join(cache, "internvl", "converted");
  const [name, ...others] = await readdir(root);
  expect(others).toEqual([]);
  return join(root, name!);
}

/** The demo model with an end-of-sequence token that it never writes: its answers end when they are stopped. */
async function endlessModel(): Promise<string> {
  const directory = join(cache, "endless");
  await cp(await convertedDemo(), directory, { recursive: true });
  const path = join(directory, "generation_config.json");
  const config = JSON.parse(await readFile(path, "utf8"));
  await writeFile(path, JSON.stringify({ ...config, eos_token_id: 751 }));
  return directory;
}
