import { readdirSync, readFileSync } from "node:fs";
import { convertCheckpoint } from "@internvl/convert";
import { type JsonObject, MemoryFolder } from "@internvl/core";
import { beforeAll, describe, expect, it } from "vitest";
import { type RandomCheckpointOptions, randomCheckpoint, randomConfig } from "./random-checkpoint.js";
import { failure } from "./safetensors-files.js";

type Files = Record<string, Uint8Array | string>;

const INTERNLM2 = new URL("../../processor/test/fixtures/tokenizer-internlm2/", import.meta.url);

let whole: Files;
beforeAll(async () => {
  whole = await randomCheckpoint({ form: "300M" });
});

/** The error of a conversion, after which nothing has been written. */
async function problem(files: Files) {
  const sink = new MemoryFolder();
  const error = await failure(convertCheckpoint(new MemoryFolder(files), sink));
  expect([...sink.files.keys()]).toEqual([]);
  return error;
}

/** The checkpoint's weights cut into two files of whole tensors, with their index. */
function sharded({ "model.safetensors": single, ...rest }: Files): Files {
  const bytes = single as Uint8Array;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Record<string, Entry>;
  const entries = Object.entries(header).sort(([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0]);
  const halves = [entries.slice(0, entries.length / 2), entries.slice(entries.length / 2)];
  const files: Files = { ...rest };
  const weight_map: Record<string, string> = {};
  for (const [index, half] of halves.entries()) {
    const path = `model-0000${index + 1}-of-00002.safetensors`;
    const start = half[0]![1].data_offsets[0];
    const end = half.at(-1)![1].data_offsets[1];
    const moved = half.map(([name, entry]) => {
      weight_map[name] = path;
      return [name, { ...entry, data_offsets: entry.data_offsets.map((offset) => offset - start) }];
    });
    const text = new TextEncoder().encode(JSON.stringify(Object.fromEntries(moved)));
    const file = new Uint8Array(8 + text.length + end - start);
    new DataView(file.buffer).setUint32(0, text.length, true);
    file.set(text, 8);
    file.set(bytes.subarray(8 + length + start, 8 + length + end), 8 + text.length);
    files[path] = file;
  }
  return { ...files, "model.safetensors.index.json": JSON.stringify({ weight_map }) };
}

interface Entry {
  data_offsets: [number, number];
}

describe("a shard that is half downloaded", () => {
  const path = "model-00002-of-00002.safetensors";

  it("is named, with what is missing", async () => {
    const files = sharded(whole);
    const shard = files[path] as Uint8Array;
    const half = shard.length >> 1;
    const error = await problem({ ...files, [path]: shard.subarray(0, half) });
    expect(error.code).toBe("FILE_INVALID");
    expect(error.message).toContain(`${path} in`);
    expect(error.message).toContain(`was cut off: ${shard.length - half} bytes are missing at its end`);
    expect(error.message).toContain(`Expected ${shard.length} bytes, got ${half}`);
  });

  it.each([
    ["nothing", 0, "too short"],
    ["a few bytes", 7, "too short"],
    ["a part of the header", 200, "points past the end of the file"],
  ])("has only %s", async (_, length, says) => {
    const files = sharded(whole);
    const error = await problem({ ...files, [path]: (files[path] as Uint8Array).subarray(0, length) });
    expect(error.code).toBe("FILE_INVALID");
    expect(error.message).toContain(path);
    expect(error.message).toContain(says);
  });

  it("is not there", async () => {
    const { [path]: _, ...files } = sharded(whole);
    const error = await problem(files);
    expect(error.code).toBe("CHECKPOINT_INVALID");
    expect(error.message).toContain(path);
  });

  it("is whole", async () => {
    const sink = new MemoryFolder();
    await convertCheckpoint(new MemoryFolder(sharded(whole)), sink);
    const single = new MemoryFolder();
    await convertCheckpoint(new MemoryFolder(whole), single);
    expect([...sink.files.keys()]).toEqual([...single.files.keys()]);
    for (const [path, bytes] of sink.files) expect(Buffer.compare(bytes, single.files.get(path)!)).toBe(0);
  });
});

describe("a tokenizer.model that is cut off", () => {
  it.each([0, 1, 0.5, 0.99])("at %f of it", async (part) => {
    const files = await withInternLM2Tokenizer();
    const model = files["tokenizer.model"] as Uint8Array;
    const length = part === 1 ? 1 : Math.floor(model.length * part);
    const error = await problem({ ...files, "tokenizer.model": model.subarray(0, length) });
    expect(error.code).toBe("TOKENIZER_INVALID");
    expect(error.message).toContain("tokenizer.model");
    expect(error.message).toContain(`got ${length} bytes`);
    expect(error.message).toContain("Download the file again.");
  });
});

async function withInternLM2Tokenizer(): Promise<Files> {
  const {
    "vocab.json": _,
    "merges.txt": __,
    ...files
  } = await randomCheckpoint({ form: "300M", language: "internlm2" });
  const tokenizer = readdirSync(INTERNLM2).filter((name) => name !== "tokenizer.json");
  return { ...files, ...Object.fromEntries(tokenizer.map((name) => [name, readFileSync(new URL(name, INTERNLM2))])) };
}

describe("config.json and tensors that disagree", () => {
  const OTHERS: [string, Partial<RandomCheckpointOptions>, string[]][] = [
    ["another vision tower", { form: "6B" }, ["tensors missing: vision_model.encoder.layers.0.attn.q_norm.weight"]],
    [
      "another language model",
      { language: "internlm2" },
      ["tensors missing: language_model.model.tok_embeddings.weight", "not expected: language_model"],
    ],
    ["other heads", { groups: 5 }, ["language_model.model.embed_tokens.weight is [900, 96] and not [900, 160]"]],
  ];
  it.each(OTHERS)("in %s: the tensors are named", async (_, options, says) => {
    const config = JSON.stringify(randomConfig({ form: "300M", ...options }));
    const error = await problem({ ...whole, "config.json": config });
    expect(error.code).toBe("CHECKPOINT_INVALID");
    for (const text of says) expect(error.message).toContain(text);
    expect(error.message).toContain("Check that config.json and the weights belong together");
  });
});

describe("a checkpoint of another architecture", () => {
  const language = (model_type: string, architecture: string): JsonObject => ({
    ...randomConfig({ form: "300M" }),
    llm_config: { model_type, architectures: [architecture] },
  });
  it.each([
    ["Qwen2-VL", { model_type: "qwen2_vl", architectures: ["Qwen2VLForConditionalGeneration"] }],
    ["LLaVA", { model_type: "llava", architectures: ["LlavaForConditionalGeneration"] }],
    ["language model without pictures", { model_type: "qwen2", architectures: ["Qwen2ForCausalLM"] }],
    ["InternVL 1.1 and 1.2", language("llama", "LlamaForCausalLM")],
    ["InternVL3-9B", language("internlm3", "InternLM3ForCausalLM")],
    ["InternVL3.5", language("qwen3", "Qwen3ForCausalLM")],
  ])("is called by its name: %s", async (name, config) => {
    const error = await problem({ ...whole, "config.json": JSON.stringify(config) });
    expect(error.code).toBe("UNSUPPORTED");
    expect(error.message).toContain(name);
  });
});
