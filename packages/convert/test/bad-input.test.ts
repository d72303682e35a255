import { readdirSync, readFileSync } from "node:fs";
import { convertCheckpoint, rewriteCheckpoint } from "@internvl/convert";
import { type FileSink, InternVLError, type JsonObject, MemoryFolder } from "@internvl/core";
import { beforeAll, describe, expect, it } from "vitest";
import { randomCheckpoint, randomConfig } from "./random-checkpoint.js";
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
  const small = randomConfig({ form: "300M" });
  const vision = small["vision_config"] as JsonObject;
  const llm = small["llm_config"] as JsonObject;
  const withVision = (fields: JsonObject) => ({ ...small, vision_config: { ...vision, ...fields } });
  const withText = (fields: JsonObject) => ({ ...small, llm_config: { ...llm, ...fields } });

  const FIELDS: [string, JsonObject, string][] = [
    ["vocab_size", withText({ vocab_size: 1000 }), "llm_config.vocab_size is 1000, and by the tensors 900"],
    ["layers of text", withText({ num_hidden_layers: 5 }), "llm_config.num_hidden_layers is 5, and by the tensors 2"],
    ["fewer layers", withText({ num_hidden_layers: 1 }), "llm_config.num_hidden_layers is 1, and by the tensors 2"],
    ["width of text", withText({ hidden_size: 192 }), "llm_config.hidden_size is 192, and by the tensors 96"],
    ["key heads", withText({ num_key_value_heads: 3 }), "llm_config.num_key_value_heads is 3, and by the tensors 2"],
    ["text mlp", withText({ intermediate_size: 100 }), "llm_config.intermediate_size is 100, and by the tensors 144"],
    ["width of vision", withVision({ hidden_size: 96 }), "vision_config.hidden_size is 96, and by the tensors 48"],
    ["layers", withVision({ num_hidden_layers: 7 }), "vision_config.num_hidden_layers is 7, and by the tensors 3"],
    ["mlp", withVision({ intermediate_size: 99 }), "vision_config.intermediate_size is 99, and by the tensors 96"],
    ["patches", withVision({ patch_size: 7 }), "vision_config.patch_size is 7, and by the tensors 14"],
    ["channels", withVision({ num_channels: 1 }), "vision_config.num_channels is 1, and by the tensors 3"],
    [
      "norms",
      withVision({ norm_type: "rms_norm" }),
      "vision_config.norm_type is rms_norm, and by the tensors layer_norm",
    ],
    ["shuffle", { ...small, downsample_ratio: 1 }, "downsample_ratio is 1, and by the tensors 0.5"],
  ];
  it.each(FIELDS)("in %s: the field is named, and no other", async (_, config, says) => {
    const error = await problem({ ...whole, "config.json": JSON.stringify(config) });
    expect(error.code).toBe("CHECKPOINT_INVALID");
    expect(error.message).toContain(`do not fit its config.json: ${says}. Expected`);
    expect(error.message).toContain("Check that config.json and the weights belong together");
  });

  const SEVERAL: [string, JsonObject, string[]][] = [
    [
      "another vision tower",
      randomConfig({ form: "6B" }),
      ["norm_type is rms_norm", "qkv_bias is false", "qk_normalization is true"].map(
        (field) => `vision_config.${field}`,
      ),
    ],
    [
      "another language model",
      randomConfig({ form: "300M", language: "internlm2" }),
      ["llm_config.model_type is internlm2, and by the tensors qwen2"],
    ],
    [
      "other heads and another width",
      randomConfig({ form: "300M", groups: 5 }),
      [
        "llm_config.hidden_size is 160, and by the tensors 96",
        "llm_config.num_attention_heads is 10, and by the tensors 6",
      ],
    ],
    [
      "both networks",
      { ...withVision({ num_hidden_layers: 2 }), llm_config: { ...llm, vocab_size: 500 } },
      [
        "vision_config.num_hidden_layers is 2, and by the tensors 3",
        "llm_config.vocab_size is 500, and by the tensors 900",
      ],
    ],
  ];
  it.each(SEVERAL)("in %s: all fields are named", async (_, config, says) => {
    const error = await problem({ ...whole, "config.json": JSON.stringify(config) });
    expect(error.code).toBe("CHECKPOINT_INVALID");
    for (const text of says) expect(error.message).toContain(text);
  });

  it("blames both fields where either would do", async () => {
    const config = withText({ num_attention_heads: 12 });
    const error = await problem({ ...whole, "config.json": JSON.stringify(config) });
    expect(error.code).toBe("CHECKPOINT_INVALID");
    expect(error.message).toContain("llm_config.num_attention_heads is 12, and by the tensors 6");
    expect(error.message).toContain(", or llm_config.num_key_value_heads is 2, and by the tensors 4");
  });

  it("blames nothing in config.json for a tensor that has another name", async () => {
    const file = new TextDecoder("latin1").decode(whole["model.safetensors"] as Uint8Array);
    const renamed = file.replace("vision_model.embeddings.class", "vision_model.embeddings.klass");
    const error = await problem({ ...whole, "model.safetensors": Buffer.from(renamed, "latin1") });
    expect(error.message).toContain("do not fit its config.json. Expected");
  });

  it.each(["seed", "transformers"] as const)("spells the field as the %s dialect does", async (to) => {
    const rewritten = new MemoryFolder();
    await rewriteCheckpoint(new MemoryFolder(whole), rewritten, { to });
    const files = Object.fromEntries(rewritten.files);
    const config = JSON.parse(new TextDecoder().decode(files["config.json"])) as { [part: string]: JsonObject };
    config["text_config"]!["vocab_size"] = 1000;
    config["vision_config"]!["num_hidden_layers"] = 5;
    const error = await problem({ ...files, "config.json": JSON.stringify(config) });
    expect(error.message).toContain("text_config.vocab_size is 1000, and by the tensors 900");
    expect(error.message).toContain("vision_config.num_hidden_layers is 5, and by the tensors 3");
  });
});

describe("a disk that is full in the middle", () => {
  it.each([0, 1000, 300_000])("after %d bytes: the error is the sink's, and every file is given up", async (space) => {
    const committed: string[] = [];
    const begun: string[] = [];
    const given: string[] = [];
    let left = space;
    const sink: FileSink = {
      name: "small disk",
      async create(path) {
        begun.push(path);
        return {
          async write(bytes) {
            left -= bytes.byteLength;
            if (left < 0)
              throw new InternVLError("FILE_WRITE_FAILED", { what: `${path}: no space left`, fix: "Free some." });
          },
          commit: async () => void committed.push(path),
          abort: async () => void given.push(path),
        };
      },
    };
    const error = await failure(convertCheckpoint(new MemoryFolder(whole), sink, { dtype: "fp32" }));
    expect(error.code).toBe("FILE_WRITE_FAILED");
    expect([...committed, ...given].sort()).toEqual([...begun].sort());
    expect(committed).not.toContain("config.json");
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
