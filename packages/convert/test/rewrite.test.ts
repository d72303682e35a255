import { createHash } from "node:crypto";
import { type DialectName, InternVL2_5Config } from "@internvl/config";
import { convertCheckpoint, inspectCheckpoint, rewriteCheckpoint } from "@internvl/convert";
import { type JsonObject, MemoryFolder, readJsonObject } from "@internvl/core";
import { AutoTokenizer, InternVL2_5Processor } from "@internvl/processor";
import { describe, expect, test } from "vitest";
import { Checkpoint } from "../src/checkpoint/index.js";
import { type RandomCheckpointOptions, randomCheckpoint } from "./random-checkpoint.js";
import { collect, failure, type PlainTensor, plainFile, zeros } from "./safetensors-files.js";

type Files = Record<string, Uint8Array | string>;

async function rewritten(files: Files | MemoryFolder, to: DialectName, max_shard_size?: number): Promise<MemoryFolder> {
  const source = files instanceof MemoryFolder ? files : new MemoryFolder(files, "the checkpoint");
  const sink = new MemoryFolder({}, to);
  await rewriteCheckpoint(source, sink, { to, max_shard_size });
  return sink;
}

const json = (folder: MemoryFolder, path: string) => readJsonObject(folder, path);

async function tensorsOf(folder: MemoryFolder): Promise<Record<string, PlainTensor>> {
  const checkpoint = await Checkpoint.open(folder);
  const all: Record<string, PlainTensor> = {};
  for (const name of checkpoint.names()) {
    const { dtype, shape } = checkpoint.get(name);
    all[name] = { dtype, shape: [...shape], bytes: await collect(checkpoint.get(name).stream()) };
  }
  return all;
}

/** dtype, shape and SHA-256 of every tensor. */
async function digestsOf(folder: MemoryFolder): Promise<Record<string, string>> {
  const described = Object.entries(await tensorsOf(folder)).map(([name, { dtype, shape, bytes }]) => [
    name,
    `${dtype} [${shape}] ${sha256(bytes)}`,
  ]);
  return Object.fromEntries(described);
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

describe.each<RandomCheckpointOptions>([
  { form: "300M", language: "internlm2" },
  { form: "6B", tied: true },
])("a round trip of %j", (options) => {
  test.each<DialectName[][]>([[["transformers", "original"]], [["seed", "transformers", "original"]]])(
    "through %j",
    async (way) => {
      const files = await randomCheckpoint(options);
      let folder = new MemoryFolder(files);
      for (const to of way) folder = await rewritten(folder, to);
      expect(await digestsOf(folder)).toEqual(await digestsOf(new MemoryFolder(files)));
      const config = (from: MemoryFolder) => InternVL2_5Config.from_pretrained(from);
      const before = await config(await rewritten(files, "original"));
      // Transformers goes by what the configuration says, so that the tie is written down.
      const { tie_word_embeddings } = before.text_config;
      const after = await config(folder);
      expect(after.with({ text_config: after.text_config.with({ tie_word_embeddings }) })).toEqual(before);
    },
  );
});

describe("the files of a folder", () => {
  test("in the dialect of Transformers", async () => {
    const folder = await rewritten(await randomCheckpoint({ form: "300M" }), "transformers");
    expect((await folder.list()).filter((path) => !/^(vocab|merges|added)/.test(path))).toEqual([
      "chat_template.jinja",
      "config.json",
      "generation_config.json",
      "model.safetensors",
      "preprocessor_config.json",
      "processor_config.json",
      "special_tokens_map.json",
      "tokenizer.json",
      "tokenizer_config.json",
    ]);
    const image = { image_processor_type: "GotOcr2ImageProcessor", max_patches: 4, crop_to_patches: false };
    expect(await json(folder, "preprocessor_config.json")).toMatchObject({ ...image, size: { height: 56, width: 56 } });
    expect(await json(folder, "processor_config.json")).toMatchObject({
      processor_class: "InternVLProcessor",
      image_seq_length: 4,
      image_processor: image,
    });
    const template = new TextDecoder().decode(await folder.read("chat_template.jinja"));
    expect(template).toContain("<IMG_CONTEXT>\\n");
    expect(template).not.toContain("<image>");
    const tokenizer = await AutoTokenizer.from_pretrained(folder);
    expect(tokenizer.convert_tokens_to_ids("<video>")).toBe(tokenizer.length - 1);
    expect(await json(folder, "tokenizer_config.json")).toMatchObject({
      start_image_token: "<img>",
      extra_special_tokens: { context_image_token: "<IMG_CONTEXT>" },
    });
  });

  test("the settings of videos are their own", async () => {
    const files = await randomCheckpoint({ form: "300M" });
    const video = {
      num_frames: 8,
      do_sample_frames: true,
      image_mean: [0.1, 0.2, 0.3],
      size: { height: 28, width: 28 },
    };
    const own = { ...files, "video_preprocessor_config.json": JSON.stringify(video) };
    const folder = await rewritten(own, "transformers");
    const { image_processor, video_processor } = await json(folder, "processor_config.json");
    expect(video_processor).toMatchObject({ ...video, video_processor_type: "InternVLVideoProcessor" });
    expect(video_processor).not.toHaveProperty("fps");
    expect(image_processor).toMatchObject({ size: { height: 56, width: 56 } });
    const read = await InternVL2_5Processor.from_pretrained(folder);
    expect({ ...read.video_processor }).toMatchObject(video);
  });

  test("in the original's, from a folder that has only a tokenizer.json", async () => {
    const files = await randomCheckpoint({ form: "300M" });
    const merged = await rewritten(files, "transformers");
    for (const path of ["vocab.json", "merges.txt", "added_tokens.json"]) merged.files.delete(path);
    const folder = await rewritten(merged, "original");
    expect(await folder.list()).toEqual([
      "added_tokens.json",
      "config.json",
      "generation_config.json",
      "merges.txt",
      "model.safetensors",
      "preprocessor_config.json",
      "special_tokens_map.json",
      "tokenizer_config.json",
      "vocab.json",
    ]);
    const before = await InternVL2_5Processor.from_pretrained(new MemoryFolder(files));
    const after = await InternVL2_5Processor.from_pretrained(folder);
    const text = "<|im_start|>user\n<img> A red circle, 12 of them! <|im_end|> \u00e9\u4f60";
    expect(after.tokenizer.encode(text)).toEqual(before.tokenizer.encode(text));
    expect(after.image_processor.settings()).toEqual(before.image_processor.settings());
    expect(await json(folder, "tokenizer_config.json")).not.toHaveProperty("extra_special_tokens");
  });

  test("an answer ends where a turn ends, also where no file says so", async () => {
    const folder = await rewritten(await randomCheckpoint({ form: "300M" }), "seed");
    const tokenizer = await AutoTokenizer.from_pretrained(folder);
    const { eos_token_id } = await json(folder, "generation_config.json");
    expect([eos_token_id].flat()).toContain(tokenizer.convert_tokens_to_ids("<|im_end|>"));
  });
});

describe("shards", () => {
  test("are filled up to their size, with an index", async () => {
    const files = await randomCheckpoint({ form: "300M" });
    const folder = await rewritten(files, "transformers", 300_000);
    const shards = (await folder.list()).filter((path) => path.endsWith(".safetensors"));
    expect(shards.length).toBeGreaterThan(2);
    expect(shards[0]).toBe(`model-00001-of-${String(shards.length).padStart(5, "0")}.safetensors`);
    const { metadata, weight_map } = await json(folder, "model.safetensors.index.json");
    const tensors = await tensorsOf(folder);
    expect(Object.keys(weight_map as JsonObject).sort()).toEqual(Object.keys(tensors).sort());
    const total = Object.values(tensors).reduce((sum, { bytes }) => sum + bytes.length, 0);
    expect(metadata).toEqual({ total_size: total });
    expect(await digestsOf(await rewritten(folder, "original"))).toEqual(await digestsOf(new MemoryFolder(files)));
  });

  test.each([0, -1, Number.NaN])("no size of %d", async (size) => {
    const error = await failure(rewritten(await randomCheckpoint({ form: "300M" }), "seed", size));
    expect(error.code).toBe("INPUT_INVALID");
  });
});

describe("a folder in the dialect of Transformers becomes the same graphs", () => {
  test.each(["qwen2", "internlm2"] as const)("%s", async (language) => {
    const files = await randomCheckpoint({ form: "6B", language });
    const [ours, theirs] = [new MemoryFolder(), new MemoryFolder()];
    await convertCheckpoint(new MemoryFolder(files), ours, { dtype: "q4" });
    await convertCheckpoint(await rewritten(files, "transformers"), theirs, { dtype: "q4" });
    for (const path of (await ours.list()).filter((name) => name.startsWith("onnx/"))) {
      expect([path, sha256(await theirs.read(path))]).toEqual([path, sha256(await ours.read(path))]);
    }
  });
});

describe("what is wrong", () => {
  async function withTensors(change: (tensors: Record<string, PlainTensor>) => void, from?: MemoryFolder) {
    const folder = from ?? new MemoryFolder(await randomCheckpoint({ form: "300M" }), "the checkpoint");
    const tensors = await tensorsOf(folder);
    change(tensors);
    folder.files.set("model.safetensors", plainFile(tensors));
    return folder;
  }

  test("missing, extra and duplicate tensors are one error, in the names of the files", async () => {
    const merged = await rewritten(await randomCheckpoint({ form: "300M", language: "internlm2" }), "transformers");
    const folder = await withTensors((tensors) => {
      tensors["lm_head.weight"] = tensors["language_model.lm_head.weight"]!;
      delete tensors["language_model.model.layers.0.self_attn.k_proj.weight"];
      tensors["something.else"] = zeros("F32", [1]);
      tensors["vision_tower.encoder.layer.0.attention.q_proj.weight"] = zeros("F32", [47, 48]);
    }, merged);
    const { code, message } = await failure(convertCheckpoint(folder, new MemoryFolder()));
    expect(code).toBe("CHECKPOINT_INVALID");
    expect(message).toContain("language_model.lm_head.weight (also as lm_head.weight)");
    expect(message).toContain("1 tensor missing: language_model.model.layers.0.self_attn.k_proj.weight [32, 96]");
    expect(message).toContain("vision_tower.encoder.layer.0.attention.q_proj.weight is [47, 48] and not [48, 48]");
    expect(message).toContain("1 tensor not expected: something.else");
  });

  test("tensors that the network does not have are named and left out", async () => {
    const folder = await withTensors((tensors) => {
      tensors["score.weight"] = zeros("F32", [2]);
      tensors["language_model.model.layers.0.self_attn.rotary_emb.inv_freq"] = zeros("F32", [8]);
    });
    expect((await convertCheckpoint(folder, new MemoryFolder())).unused).toEqual(["score.weight"]);
    const sink = new MemoryFolder();
    expect((await rewriteCheckpoint(folder, sink, { to: "transformers" })).unused).toEqual(["score.weight"]);
    expect(Object.keys(await tensorsOf(sink))).not.toContain("score.weight");
    const { dialect, unusual } = await inspectCheckpoint(folder);
    expect(dialect).toBe("original");
    expect(unusual).toContain("1 tensor that the network does not have: score.weight");
  });

  test("two dialects in one folder", async () => {
    const files = await randomCheckpoint({ form: "300M" });
    const merged = await rewritten(files, "transformers");
    merged.files.set("config.json", new TextEncoder().encode(files["config.json"] as string));
    const { code, message } = await failure(convertCheckpoint(merged, new MemoryFolder()));
    expect(code).toBe("CHECKPOINT_INVALID");
    expect(message).toMatch(
      /mixes two dialects: its config\.json is of the dialect "original", its weights are named as Tr/,
    );
    expect(message).toContain("multi_modal_projector.layer_norm.bias");
  });

  test("parts of several dtypes are joined in the widest", async () => {
    const files = await randomCheckpoint({ form: "300M", language: "internlm2" });
    const merged = await rewritten(files, "transformers");
    const name = "language_model.model.layers.0.self_attn.k_proj.weight";
    const folder = await withTensors((tensors) => {
      tensors[name] = zeros("BF16", tensors[name]!.shape);
    }, merged);
    const { "language_model.model.layers.0.attention.wqkv.weight": wqkv } = await tensorsOf(
      await rewritten(folder, "original"),
    );
    expect(wqkv!.dtype).toBe("F32");
    // 3 groups of 2 heads of 16 rows: the keys of the first group are rows 48 to 64.
    const row = 96 * 4;
    expect(wqkv!.bytes.subarray(48 * row, 64 * row).every((byte) => byte === 0)).toBe(true);
    const { "language_model.model.layers.0.attention.wqkv.weight": before } = await tensorsOf(new MemoryFolder(files));
    expect(sha256(wqkv!.bytes.subarray(0, 48 * row))).toBe(sha256(before!.bytes.subarray(0, 48 * row)));
  });

  test("pixel_shuffle v1, which Transformers cannot compute", async () => {
    const files = await randomCheckpoint({ form: "300M", ps_version: "v1" });
    const error = await failure(rewritten(files, "transformers"));
    expect(error).toMatchObject({ code: "UNSUPPORTED", message: expect.stringContaining("pixel_shuffle_version") });
    await rewritten(files, "seed");
  });
});
