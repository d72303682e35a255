import { convertCheckpoint, inspectCheckpoint } from "@internvl/convert";
import {
  AbortedError,
  type FileSink,
  type JsonObject,
  type JsonValue,
  MemoryFolder,
  type ModelFiles,
} from "@internvl/core";
import { parseModel } from "@internvl/onnx";
import { describe, expect, it } from "vitest";
import { randomCheckpoint, randomConfig } from "./random-checkpoint.js";
import { features, logits } from "./run-graphs.js";
import { failure } from "./safetensors-files.js";

type Files = Record<string, Uint8Array | string>;

async function converted(files: Files, dtype: Parameters<typeof convertCheckpoint>[2]): Promise<ModelFiles> {
  const sink = new MemoryFolder();
  await convertCheckpoint(new MemoryFolder(files), sink, dtype);
  return sink;
}

function cosine(a: Float32Array, b: Float32Array): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    dot += a[i]! * b[i]!;
    aa += a[i]! ** 2;
    bb += b[i]! ** 2;
  }
  return dot / Math.sqrt(aa * bb);
}

describe.each([
  ["300M", "qwen2", 3],
  ["6B", "qwen2", 1],
  ["6B", "internlm2", 3],
] as const)("a checkpoint with InternViT %s and %s, %i query heads a key head", (form, language, groups) => {
  // Random weights forgive less than trained ones: what these bounds catch is a wrong layout, not a rounding.
  it.each([
    ["fp16", "_fp16", "_fp16", 0.99999],
    ["q8", "_q8", "_q8", 0.999],
    ["int8", "_int8", "_int8", 0.99],
    ["q4", "_int8", "_q4", 0.95],
  ] as const)("in %s comes close to fp32", async (dtype, vision, decoder, bound) => {
    const files = await converted(await randomCheckpoint({ form, language, groups }), { dtype: ["fp32", dtype] });
    expect(cosine(await features(files), await features(files, vision))).toBeGreaterThan(bound);
    const embeddings = dtype === "fp16" ? "_fp16" : "_int8";
    expect(cosine(await logits(files), await logits(files, decoder, embeddings))).toBeGreaterThan(bound);
  });
});

describe("convertCheckpoint", () => {
  it("uses the embeddings as the output layer of a tied checkpoint", async () => {
    const files = await randomCheckpoint({ form: "300M", tied: true });
    const all = await logits(await converted(files, { dtype: "fp32" }));
    expect(all.every(Number.isFinite)).toBe(true);
  });

  it("shuffles pixels by ps_version and stops at select_layer", async () => {
    const v2 = await features(await converted(await randomCheckpoint({ form: "300M" }), { dtype: "fp32" }));
    const v1 = await features(
      await converted(await randomCheckpoint({ form: "300M", ps_version: "v1" }), { dtype: "fp32" }),
    );
    // v1 leaves rows and columns of the 2 x 2 tokens swapped.
    const hidden = v2.length / 4;
    const token = (data: Float32Array, index: number) => [...data.subarray(index * hidden, (index + 1) * hidden)];
    expect([0, 2, 1, 3].map((index) => token(v1, index))).toEqual([0, 1, 2, 3].map((index) => token(v2, index)));

    const earlier = await converted(await randomCheckpoint({ form: "300M", select_layer: -2 }), { dtype: "fp32" });
    const names = parseModel(await earlier.read("onnx/vision_encoder.onnx")).graph!.initializer.map(({ name }) => name);
    expect(names.some((name) => name.includes("layers.1."))).toBe(true);
    expect(names.some((name) => name.includes("layers.2."))).toBe(false);
  });

  it("writes the folder that the model loads, config.json last, and ids of the tokenizer into it", async () => {
    const sink = new MemoryFolder();
    const order: string[] = [];
    const watching: FileSink = {
      name: "watching",
      async create(path) {
        const writer = await sink.create(path);
        const commit = async () => {
          await writer.commit();
          order.push(path);
        };
        return { write: (bytes) => writer.write(bytes), commit, abort: () => writer.abort() };
      },
    };
    const source = new MemoryFolder(await randomCheckpoint({ form: "300M" }));
    const { graphs, byteLength } = await convertCheckpoint(source, watching, { dtype: ["q4", "int8"] });
    // The two presets share the vision encoder and the embeddings.
    expect(graphs.map(({ path }) => path)).toEqual([
      "onnx/vision_encoder_int8.onnx",
      "onnx/embed_tokens_int8.onnx",
      "onnx/decoder_model_merged_q4.onnx",
      "onnx/decoder_model_merged_int8.onnx",
    ]);
    const written = [...sink.files].filter(([path]) => path.startsWith("onnx/"));
    expect(byteLength).toBe(written.reduce((sum, [, bytes]) => sum + bytes.length, 0));
    expect(order.at(-1)).toBe("config.json");
    const files = [...sink.files.keys()].filter((path) => !path.startsWith("onnx/")).sort();
    expect(files).toEqual([
      "chat_template.jinja",
      "config.json",
      "generation_config.json",
      "preprocessor_config.json",
      "processor_config.json",
      "special_tokens_map.json",
      "tokenizer.json",
      "tokenizer_config.json",
      "video_preprocessor_config.json",
    ]);
    const read = (path: string) => JSON.parse(new TextDecoder().decode(sink.files.get(path))) as JsonObject;
    const added = JSON.parse(new TextDecoder().decode(await source.read("added_tokens.json")));
    expect(read("config.json")).toMatchObject({
      image_token_id: added["<IMG_CONTEXT>"],
      image_start_token_id: added["<img>"],
    });
  });

  it("reports each graph up to its end", async () => {
    const last = new Map<string, [number, number | undefined]>();
    const source = new MemoryFolder(await randomCheckpoint({ form: "300M" }));
    await convertCheckpoint(source, new MemoryFolder(), {
      progress_callback: ({ name, loaded, total, unit }) => name && unit === "bytes" && last.set(name, [loaded, total]),
    });
    expect([...last.keys()]).toEqual([
      "onnx/vision_encoder_int8.onnx",
      "onnx/embed_tokens_int8.onnx",
      "onnx/decoder_model_merged_q4.onnx",
    ]);
    for (const [loaded, total] of last.values()) expect(loaded).toBe(total);
  });

  it("writes nothing of a checkpoint that is not right", async () => {
    const files = await randomCheckpoint({ form: "300M" });
    const weights = files["model.safetensors"] as Uint8Array;
    const config = (part: string, field: string, value: JsonValue): Files => {
      const json = randomConfig({ form: "300M" });
      return {
        ...files,
        "config.json": JSON.stringify({ ...json, [part]: { ...(json[part] as JsonObject), [field]: value } }),
      };
    };
    const cases: [Files, string, RegExp][] = [
      [{ ...files, "model.safetensors": weights.subarray(0, weights.length - 10) }, "FILE_INVALID", /10 bytes/],
      [config("llm_config", "hidden_size", 192), "CHECKPOINT_INVALID", /of another shape/],
      [config("llm_config", "num_hidden_layers", 3), "CHECKPOINT_INVALID", /12 tensors missing/],
      [config("vision_config", "num_hidden_layers", 0), "CONFIG_INVALID", /num_hidden_layers/],
      [config("llm_config", "architectures", ["LlamaForCausalLM"]), "UNSUPPORTED", /llama/i],
      [{ ...files, "config.json": Uint8Array.of(0x7b, 0xff, 0xfe, 0x7d) }, "FILE_INVALID", /UTF-8/],
      [{ ...files, "vocab.json": "{}" }, "TOKENIZER_INVALID", /./],
    ];
    for (const [broken, code, message] of cases) {
      const sink = new MemoryFolder();
      const error = await failure(convertCheckpoint(new MemoryFolder(broken), sink));
      expect(error.code).toBe(code);
      expect(error.message).toMatch(message);
      expect(sink.files.size).toBe(0);
    }
  });

  it("leaves no half file and no config.json when it is aborted or the disk is full", async () => {
    const source = new MemoryFolder(await randomCheckpoint({ form: "300M" }));
    const controller = new AbortController();
    const open = new Set<string>();
    const sink = new MemoryFolder();
    const watched = (write: (bytes: Uint8Array) => void): FileSink => ({
      name: "watched",
      async create(path) {
        open.add(path);
        const writer = await sink.create(path);
        return {
          async write(bytes) {
            write(bytes);
            await writer.write(bytes);
          },
          async commit() {
            open.delete(path);
            await writer.commit();
          },
          async abort() {
            open.delete(path);
            await writer.abort();
          },
        };
      },
    });
    let writes = 0;
    const abortLater = watched(() => void (++writes === 40 && controller.abort()));
    await expect(convertCheckpoint(source, abortLater, { signal: controller.signal })).rejects.toBeInstanceOf(
      AbortedError,
    );
    expect([open.size, sink.files.has("config.json")]).toEqual([0, false]);

    let room = 20_000;
    const small = watched((bytes) => {
      room -= bytes.length;
      if (room < 0) throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC" });
    });
    await expect(convertCheckpoint(source, small)).rejects.toThrow("ENOSPC");
    expect([open.size, sink.files.has("config.json")]).toEqual([0, false]);
  });
});

describe("inspectCheckpoint", () => {
  it("counts from headers what a conversion then writes", async () => {
    const files = await randomCheckpoint({ form: "6B" });
    let read = 0;
    class Counting extends MemoryFolder {
      override readRange(...args: Parameters<MemoryFolder["readRange"]>): Promise<Uint8Array> {
        read += args[2] - args[1];
        return super.readRange(...args);
      }
    }
    const { totals, parts, convertedBytes } = await inspectCheckpoint(new Counting(files));
    expect(read).toBeLessThan(20_000);
    expect(totals.bytes).toBe(totals.parameters * 4);
    expect(parts.vision + parts.projector + parts.language).toBe(totals.parameters);
    for (const dtype of ["fp32", "q4"] as const) {
      const sink = new MemoryFolder();
      await convertCheckpoint(new MemoryFolder(files), sink, { dtype });
      const data = [...sink.files].filter(([path]) => path.endsWith("_data"));
      const written = data.reduce((sum, [, bytes]) => sum + bytes.length, 0);
      // Tensors start at multiples of 64 bytes or of a page.
      expect(written).toBeGreaterThanOrEqual(convertedBytes[dtype]);
      expect(written).toBeLessThan(convertedBytes[dtype] * 1.1 + 4096 * 40);
    }
  });
});
