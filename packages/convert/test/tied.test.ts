import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DtypeOption, tiedEmbeddingsPath } from "@internvl/config";
import { Checkpoint, convertCheckpoint, type WeightSource, writeSafetensors } from "@internvl/convert";
import { MemoryFolder, type ModelFiles } from "@internvl/core";
import { DirectoryFiles, openDirectorySink } from "@internvl/runtime-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RandomCheckpointOptions, randomCheckpoint } from "./random-checkpoint.js";
import { logits } from "./run-graphs.js";

const LANGUAGES = {
  qwen2: { table: "language_model.model.embed_tokens.weight", head: "language_model.lm_head.weight" },
  internlm2: { table: "language_model.model.tok_embeddings.weight", head: "language_model.output.weight" },
};
type Language = keyof typeof LANGUAGES;

/** A model whose output layer is tied to its embeddings, and one that has the same numbers a second time. */
async function twins(language: Language): Promise<{ tied: MemoryFolder; twice: MemoryFolder }> {
  const options: RandomCheckpointOptions = { form: "300M", language };
  const tied = await randomCheckpoint({ ...options, tied: true });
  const { "config.json": config } = await randomCheckpoint(options);
  const tensors = await Checkpoint.open(new MemoryFolder({ "model.safetensors": tied["model.safetensors"]! }));
  const written = (source: WeightSource, name = source.name) => {
    const { dtype, shape } = source;
    return { name, dtype, shape, bytes: (reading: object) => source.stream(reading) };
  };
  const { table, head } = LANGUAGES[language];
  const sink = new MemoryFolder();
  const all = tensors.names().map((name) => written(tensors.get(name)));
  await writeSafetensors(sink, "model.safetensors", [...all, written(tensors.get(table), head)]);
  const weights = sink.files.get("model.safetensors")!;
  return {
    tied: new MemoryFolder(tied),
    twice: new MemoryFolder({ ...tied, "config.json": config!, "model.safetensors": weights }),
  };
}

async function converted(source: ModelFiles, dtype: DtypeOption | readonly DtypeOption[]) {
  const files = new MemoryFolder();
  return { files, ...(await convertCheckpoint(source, files, { dtype })) };
}

async function tableBytes(source: ModelFiles, language: Language): Promise<number> {
  const [rows, columns] = (await Checkpoint.open(source)).get(LANGUAGES[language].table).shape;
  return rows! * columns!;
}

const tiedFiles = (files: MemoryFolder) => [...files.files.keys()].filter((path) => path.includes("tied"));

describe("a table of embeddings that is the output layer too", () => {
  it.each([
    ["qwen2", "fp32", "", 4],
    ["qwen2", "fp16", "_fp16", 2],
    ["internlm2", "fp32", "", 4],
    ["internlm2", "fp16", "_fp16", 2],
  ] as const)("is stored once: %s, %s, with the numbers of two tables", async (language, dtype, suffix, width) => {
    const { tied, twice } = await twins(language);
    const [once, both] = [await converted(tied, dtype), await converted(twice, dtype)];
    const table = width * (await tableBytes(tied, language));
    const path = tiedEmbeddingsPath(dtype);
    expect(tiedFiles(once.files)).toEqual([path]);
    expect(tiedFiles(both.files)).toEqual([]);
    expect(await once.files.size(path)).toBe(table);
    expect(once.files.files.has(`onnx/embed_tokens${suffix}.onnx_data`)).toBe(false);
    const data = `onnx/decoder_model_merged${suffix}.onnx_data`;
    // But for the filling that lets a tensor begin at a page.
    expect(Math.abs((await both.files.size(data)) - table - (await once.files.size(data)))).toBeLessThan(4096);
    expect(Math.abs(both.byteLength - table - once.byteLength)).toBeLessThan(8192);
    expect(await logits(once.files, suffix)).toEqual(await logits(both.files, suffix));
  });

  it("is stored as before where only one graph has it as numbers", async () => {
    const { tied } = await twins("qwen2");
    const mixed = await converted(tied, { embed_tokens: "fp16", decoder_model_merged: "fp32" });
    expect(tiedFiles(mixed.files)).toEqual([]);
    expect(mixed.files.files.has("onnx/embed_tokens_fp16.onnx_data")).toBe(true);
    expect(tiedFiles((await converted(tied, ["q4", "int8", "q8"])).files)).toEqual([]);
  });

  it("serves every pair of graphs in a folder of several dtypes", async () => {
    const { tied, twice } = await twins("qwen2");
    const dtypes = ["fp32", "fp16", { embed_tokens: "fp32", decoder_model_merged: "q4" }] as const;
    const [once, both] = [await converted(tied, dtypes), await converted(twice, dtypes)];
    expect(tiedFiles(once.files)).toEqual([tiedEmbeddingsPath("fp32"), tiedEmbeddingsPath("fp16")]);
    for (const [suffix, embeddings] of [
      ["", ""],
      ["_fp16", "_fp16"],
      ["_q4", ""],
    ] as const) {
      expect(await logits(once.files, suffix, embeddings)).toEqual(await logits(both.files, suffix, embeddings));
    }
  });
});

describe("on a disk", () => {
  let root: string;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "internvl-tied-"));
  });
  afterAll(() => rm(root, { recursive: true }));

  it("both graphs read it from its file, and none is written where they read the checkpoint's", async () => {
    const { tied, twice } = await twins("qwen2");
    const source = await openDirectorySink(join(root, "checkpoint"));
    for (const [path, content] of tied.files) {
      const writer = await source.create(path);
      await writer.write(content);
      await writer.commit();
    }
    const folder = async (name: string, link: boolean) => {
      const target = await openDirectorySink(join(root, name));
      await convertCheckpoint(new DirectoryFiles(source.name), target, { dtype: "fp32", link });
      return new DirectoryFiles(target.name);
    };
    const expected = await logits((await converted(twice, "fp32")).files);
    const written = await folder("written", false);
    expect(await written.has(tiedEmbeddingsPath("fp32"))).toBe(true);
    expect(await logits(written)).toEqual(expected);
    const linked = await folder("linked", true);
    expect(await linked.has(tiedEmbeddingsPath("fp32"))).toBe(false);
    expect(await logits(linked)).toEqual(expected);
  });
});
