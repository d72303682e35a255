import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeSafetensors } from "@internvl/convert";
import { openDirectorySink } from "@internvl/runtime-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { built, DEMO, type Finished, filesBelow, runNode, temporaryFolder } from "./workspace.js";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let program: string;
beforeAll(async () => {
  program = built("bin/convert.js");
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

const convert = (...args: string[]): Promise<Finished> => runNode([program, ...args], { cwd: folder.path });
const weights = (directory: string) => readFile(join(directory, "model.safetensors"));

describe("--to", () => {
  it("writes another dialect, and gives every byte back", async () => {
    const there = await convert("--input", DEMO, "--output_dir", "merged", "--to", "transformers");
    expect([there.code, there.stdout]).toEqual([0, expect.stringContaining("in the dialect transformers")]);
    const config = JSON.parse(await readFile(join(folder.path, "merged", "config.json"), "utf8"));
    expect(config).toMatchObject({ model_type: "internvl", architectures: ["InternVLForConditionalGeneration"] });

    const back = await convert("--input", "merged", "--to", "original", "--json");
    const report = JSON.parse(back.stdout);
    expect(report).toMatchObject({ to: "original", output: join(folder.path, "merged-original"), unused: [] });
    expect((await weights(report.output)).equals(await weights(DEMO))).toBe(true);
  });

  it("makes the same graphs of either dialect", async () => {
    const codes = await Promise.all([
      convert("--input", DEMO, "--output_dir", "a", "--no-verify"),
      convert("--input", DEMO, "--output_dir", "seed", "--to", "seed"),
    ]);
    expect(codes.map(({ code }) => code)).toEqual([0, 0]);
    expect((await convert("--input", "seed", "--output_dir", "b", "--no-verify")).code).toBe(0);
    const graph = (name: string) => readFile(join(folder.path, name, "onnx", "decoder_model_merged_q4.onnx_data"));
    expect((await graph("a")).equals(await graph("b"))).toBe(true);
  });

  it("splits weights at --max_shard_size", async () => {
    const { code } = await convert(
      "--input",
      DEMO,
      "--output_dir",
      "sharded",
      "--to",
      "seed",
      "--max_shard_size",
      "2MB",
    );
    expect(code).toBe(0);
    expect(await filesBelow(join(folder.path, "sharded"))).toEqual(
      expect.arrayContaining(["model-00001-of-00003.safetensors", "model.safetensors.index.json"]),
    );
  });

  it.each([
    [["--to", "gguf"], /onnx, original, seed, transformers/],
    [["--to", "seed", "--max_shard_size", "many"], /like 5GB.*"many"/],
    [["--adapter", "x=much"], /--adapter FOLDER=WEIGHT.*"much"/],
  ])("refuses %j", async (args, says) => {
    const { code, stderr } = await convert("--input", DEMO, "--output_dir", "refused", ...args);
    expect([code, stderr]).toEqual([1, expect.stringMatching(says)]);
    expect(await filesBelow(join(folder.path, "refused"))).toEqual([]);
  });
});

describe("--adapter", () => {
  /** LoRA of rank 1 whose A and B are ones. */
  async function makeAdapter(name: string): Promise<void> {
    const directory = join(folder.path, name);
    await mkdir(directory, { recursive: true });
    const config = { peft_type: "LORA", r: 1, lora_alpha: 1, target_modules: ["q_proj"] };
    await writeFile(join(directory, "adapter_config.json"), JSON.stringify(config));
    const module = "base_model.model.language_model.model.layers.0.self_attn.q_proj";
    const ones = (part: string, shape: number[]) => ({
      name: `${module}.lora_${part}.weight`,
      dtype: "F32" as const,
      shape,
      async *bytes() {
        yield new Uint8Array(new Float32Array(128).fill(1).buffer);
      },
    });
    await writeSafetensors(await openDirectorySink(directory), "adapter_model.safetensors", [
      ones("A", [1, 128]),
      ones("B", [128, 1]),
    ]);
  }

  it("is merged with its weight; the same again with the opposite weight gives the model back", async () => {
    await makeAdapter("lora");
    const merged = await convert("--input", DEMO, "--output_dir", "tuned", "--to", "seed", "--adapter", "lora=0.5");
    expect([merged.code, merged.stderr]).toEqual([0, expect.anything()]);
    expect((await weights(join(folder.path, "tuned"))).equals(await weights(DEMO))).toBe(false);
    const none = ["--adapter", "lora", "--adapter", "lora=-1"];
    expect((await convert("--input", DEMO, "--output_dir", "same", "--to", "seed", ...none)).code).toBe(0);
    expect((await weights(join(folder.path, "same"))).equals(await weights(DEMO))).toBe(true);
  });

  it("changes the graphs", async () => {
    await makeAdapter("lora");
    const { code } = await convert("--input", DEMO, "--output_dir", "graphs", "--adapter", "lora");
    expect(code).toBe(0);
    const graph = (name: string) => readFile(join(folder.path, name, "onnx", "decoder_model_merged_q4.onnx_data"));
    await convert("--input", DEMO, "--output_dir", "plain", "--no-verify");
    expect((await graph("graphs")).equals(await graph("plain"))).toBe(false);
  });

  it("that is none is refused", async () => {
    const { code, stderr } = await convert("--input", DEMO, "--output_dir", "none", "--adapter", DEMO);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/is no adapter: it has no adapter_config\.json/)]);
  });
});
