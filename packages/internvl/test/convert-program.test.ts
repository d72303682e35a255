import { readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeLargeCheckpoint } from "./large-checkpoint.js";
import { built, copyDemo, DEMO, filesBelow, runNode, temporaryFolder } from "./workspace.js";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let program: string;
beforeAll(async () => {
  program = built("bin/convert.js");
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

describe("internvl-convert", () => {
  it("converts, checks and says what it did", async () => {
    const output = join(folder.path, "demo");
    const { code, stdout, stderr } = await runNode([program, "--input", DEMO, "--output_dir", output, "--json"]);
    expect(code).toBe(0);
    const summary = JSON.parse(stdout);
    expect(summary).toMatchObject({ input: DEMO, output });
    expect(summary.checks[0]).toMatchObject({ graph: "vision_encoder", dtype: "int8", part: "embedding", limit: 1e-4 });
    expect(summary.checks.at(-1)).toMatchObject({ graph: "decoder_model_merged", dtype: "q4", part: "logits" });
    expect(summary.graphs).toHaveLength(3);
    expect(summary.peakMemory).toBeGreaterThan(1e7);
    // No terminal: plain lines, nothing is drawn over.
    expect(stderr.match(/^[1-3]\/3 onnx\/.*$/gm)).toHaveLength(3);
    expect(stderr).not.toContain("\x1b");
    expect(await filesBelow(output)).toContain("config.json");
  });

  it("has a help with examples", async () => {
    const { code, stdout } = await runNode([program, "--help"]);
    expect(code).toBe(0);
    expect(stdout).toContain("npx internvl-convert --input ./InternVL2_5-1B");
  });

  it("writes beside the checkpoint by default", async () => {
    await copyDemo(join(folder.path, "beside"));
    const { code } = await runNode([program, "--input", "beside/", "--no-verify"], { cwd: folder.path });
    expect(code).toBe(0);
    expect(await filesBelow(join(folder.path, "beside-ONNX"))).toContain("config.json");
  });
});

/** What is done to the demo checkpoint, and what the message must say about it. */
const DAMAGES: Record<string, { damage: (checkpoint: string) => Promise<void>; says: RegExp }> = {
  "a missing tensor": {
    damage: (checkpoint) =>
      edit(checkpoint, "model.safetensors", "vision_model.embeddings.class", "vision_model.embeddings.klass"),
    says: /vision_model\.embeddings\.class_embedding/,
  },
  "a file that is cut off": {
    damage: (checkpoint) => truncate(join(checkpoint, "model.safetensors"), 1_000_000),
    says: /model\.safetensors/,
  },
  "a config that is no UTF-8": {
    damage: (checkpoint) => writeFile(join(checkpoint, "config.json"), Uint8Array.of(0xff, 0xfe, 0x7b, 0x00)),
    says: /config\.json .*UTF-8.*ff fe 7b 00/,
  },
  "an architecture that is not known": {
    damage: (checkpoint) => edit(checkpoint, "config.json", "Qwen2ForCausalLM", "Qwen9ForCausalLM"),
    says: /Qwen9ForCausalLM/,
  },
  "no layers": {
    damage: (checkpoint) => edit(checkpoint, "config.json", '"num_hidden_layers": 4', '"num_hidden_layers": 0'),
    says: /num_hidden_layers/,
  },
};

describe("a damaged checkpoint", () => {
  it.each(Object.entries(DAMAGES))("with %s is told in words", async (name, { damage, says }) => {
    const checkpoint = await copyDemo(join(folder.path, name.replaceAll(" ", "-")));
    await damage(checkpoint);
    const { code, stdout, stderr } = await runNode([program, "--input", checkpoint]);
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^error: /);
    expect(stderr).toMatch(says);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(await filesBelow(`${checkpoint}-ONNX`)).toEqual([]);
  });

  it("shows the stack with --debug and the code with --json", async () => {
    const { code, stdout, stderr } = await runNode([program, "--input", "./nothing", "--debug", "--json"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^ +at /m);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: "FILE_NOT_FOUND" } });
  });
});

describe("Ctrl-C", () => {
  it("in the middle of a conversion leaves nothing behind", async () => {
    const checkpoint = await makeLargeCheckpoint(join(folder.path, "large"));
    const output = join(folder.path, "interrupted");
    let seen: string[] = [];
    const { code, stderr } = await runNode([program, "--input", checkpoint, "--output_dir", output], {
      onStart: async (kill) => {
        while (!seen.some((name) => name.endsWith(".partial"))) {
          await new Promise((resolve) => setTimeout(resolve, 5));
          seen = await filesBelow(output);
        }
        kill("SIGINT");
      },
    });
    expect(code).toBe(130);
    expect(stderr).toContain("Nothing half-written was left");
    expect(await filesBelow(output)).toEqual([]);
  });
});

async function edit(checkpoint: string, file: string, from: string, to: string): Promise<void> {
  const path = join(checkpoint, file);
  const text = await readFile(path, "latin1");
  if (!text.includes(from)) throw new Error(`${from} is not in ${file}`);
  await writeFile(path, text.replace(from, to), "latin1");
}
