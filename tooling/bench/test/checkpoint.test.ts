import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Checkpoint, originalTensorSpecs } from "@internvl/convert";
import type { JsonObject } from "@internvl/core";
import {
  convertCheckpoint,
  findFamilyMember,
  InternVL2_5Config,
  InternVL2_5ForConditionalGeneration,
  InternVL2_5Processor,
  openModel,
  openSink,
  RawImage,
} from "internvl";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeCheckpoint } from "../src/checkpoint/make.js";
import { syntheticQwen2Tokenizer } from "../src/checkpoint/qwen2-tokenizer.js";
import { cutShape, originalConfig, SHAPES } from "../src/checkpoint/shape.js";
import { syntheticTokenizer } from "../src/checkpoint/tokenizer.js";
import { synthesisePixels } from "../src/pixels.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "internvl-bench-test-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("the tokenizer of the 1B has its ids where InternVL2_5-1B has them", () => {
  const { files, size, endOfTurn } = syntheticQwen2Tokenizer(SHAPES["1b"].vocabulary);
  expect(size).toBe(151_674);
  expect(endOfTurn).toBe(151_645);
  const vocabulary: Record<string, number> = JSON.parse(String(files["vocab.json"]));
  expect(Object.keys(vocabulary)).toHaveLength(151_643);
  expect(vocabulary["!"]).toBe(0);
  expect(JSON.parse(String(files["added_tokens.json"]))).toMatchObject({
    "<|endoftext|>": 151_643,
    "<img>": 151_665,
    "</img>": 151_666,
    "<IMG_CONTEXT>": 151_667,
    "</box>": 151_673,
  });
});

test("the embedding of the 8B is as large as InternVL2_5-8B's", async () => {
  const shape = SHAPES["8b"];
  const { size, endOfTurn } = syntheticQwen2Tokenizer(shape.vocabulary);
  const config = InternVL2_5Config.from_dict(originalConfig(shape, size, endOfTurn) as JsonObject);
  const embedding = originalTensorSpecs(config).find(({ name }) => name.endsWith("embed_tokens.weight"));
  expect(embedding?.shape).toEqual([92_553, 4096]);
});

test("a tiny checkpoint converts and answers about a picture", async () => {
  const source = join(folder, "tiny");
  await makeCheckpoint(source, SHAPES.tiny);
  const target = join(folder, "onnx");
  await convertCheckpoint(await openModel(source), await openSink(target));

  const model = await InternVL2_5ForConditionalGeneration.from_pretrained(target);
  const processor = await InternVL2_5Processor.from_pretrained(target);
  const image = new RawImage(synthesisePixels(200, 100), 200, 100, 3);
  const inputs = await processor({ text: "<image>\nWhat is it?", images: image });
  const [answer] = await model.generate({ ...inputs, max_new_tokens: 4, eos_token_id: [] });
  await model.dispose();

  expect(inputs.num_patches).toEqual([3]);
  expect(answer).toHaveLength(inputs.input_ids[0]!.length + 4);
  expect(processor.decode(answer!, { skip_special_tokens: true })).toContain("What is it?");
});

test("a checkpoint in InternLM2's form converts and answers with its own names", async () => {
  const source = join(folder, "tiny-internlm2");
  await makeCheckpoint(source, { ...SHAPES.tiny, language: "internlm2" });
  const target = join(folder, "onnx-internlm2");
  await convertCheckpoint(await openModel(source), await openSink(target));

  const names = (await Checkpoint.open(await openModel(source))).names();
  expect(names).toContain("language_model.model.layers.0.attention.wqkv.weight");
  const model = await InternVL2_5ForConditionalGeneration.from_pretrained(target);
  const processor = await InternVL2_5Processor.from_pretrained(target);
  const image = new RawImage(synthesisePixels(200, 100), 200, 100, 3);
  const inputs = await processor({ text: "<image>\nWhat is it?", images: image });
  const [answer] = await model.generate({ ...inputs, max_new_tokens: 4, eos_token_id: [] });
  await model.dispose();

  expect(model.config.text_config.model_type).toBe("internlm2");
  expect(inputs.input_ids[0]![0]).toBe(1);
  expect(answer).toHaveLength(inputs.input_ids[0]!.length + 4);
  expect(processor.decode(answer!, { skip_special_tokens: true })).toContain("What is it?");
});

test("the 2B has the ids and the sizes of InternVL2_5-2B", async () => {
  const { files, size, endOfTurn } = syntheticTokenizer(SHAPES["2b"]);
  expect(size).toBe(92_553);
  expect(endOfTurn).toBe(92_542);
  expect(JSON.parse(String(files["added_tokens.json"]))).toMatchObject({
    "<|plugin|>": 92_538,
    "<|im_start|>": 92_543,
    "<IMG_CONTEXT>": 92_546,
    "</box>": 92_552,
  });
  const config = InternVL2_5Config.from_dict(originalConfig(SHAPES["2b"], size, endOfTurn) as JsonObject);
  const { vision, language } = findFamilyMember("InternVL2_5-2B")!;
  expect(config.vision_config).toMatchObject({ hidden_size: vision.hidden_size, num_hidden_layers: 24 });
  expect(config.text_config).toMatchObject({
    model_type: "internlm2",
    hidden_size: language.hidden_size,
    intermediate_size: language.intermediate_size,
    num_hidden_layers: language.num_hidden_layers,
    num_attention_heads: language.num_attention_heads,
    num_key_value_heads: language.num_key_value_heads,
    rms_norm_eps: 1e-5,
    rope_scaling: { rope_type: "dynamic", factor: 2 },
  });
  const embedding = originalTensorSpecs(config).find(({ name }) => name.endsWith("tok_embeddings.weight"));
  expect(embedding?.shape).toEqual([92_553, 2048]);
});

test("weights are bfloat16 around 0 with the asked-for spread, and the same for the same seed", async () => {
  const shape = cutShape(SHAPES.tiny, 1);
  const [a, b, c] = ["a", "b", "c"].map((name) => join(folder, name)) as [string, string, string];
  await makeCheckpoint(a, shape, { seed: 1 });
  await makeCheckpoint(b, shape, { seed: 1 });
  await makeCheckpoint(c, shape, { seed: 2 });
  const [bytesOfA, bytesOfB, bytesOfC] = await Promise.all(
    [a, b, c].map((name) => readFile(join(name, "model.safetensors"))),
  );
  expect(bytesOfA!.equals(bytesOfB!)).toBe(true);
  expect(bytesOfA!.equals(bytesOfC!)).toBe(false);

  const embedding = (await Checkpoint.open(await openModel(a))).get("language_model.model.embed_tokens.weight");
  expect(embedding.dtype).toBe("BF16");
  expect(embedding.shape).toEqual([431, 128]);
  const pieces: Uint8Array[] = [];
  for await (const piece of embedding.stream()) pieces.push(piece.slice());
  const bytes = Buffer.concat(pieces);
  const values = Array.from({ length: bytes.length / 2 }, (_, i) => bfloat16(bytes.readUInt16LE(2 * i)));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  expect(Math.abs(mean)).toBeLessThan(0.001);
  expect(Math.abs(deviation - 0.02)).toBeLessThan(0.001);
});

test("a checkpoint that is there is left alone, one of another shape is not", async () => {
  const place = join(folder, "again");
  const written = async () => (await stat(join(place, "model.safetensors"))).ino;
  await makeCheckpoint(place, cutShape(SHAPES.tiny, 1));
  const first = await written();
  await makeCheckpoint(place, cutShape(SHAPES.tiny, 1));
  expect(await written()).toBe(first);
  await makeCheckpoint(place, cutShape(SHAPES.tiny, 2));
  expect(await written()).not.toBe(first);
});

test("weights over several files are the same weights, in files of about one size", async () => {
  const [single, sharded] = [join(folder, "single"), join(folder, "sharded")];
  const shape = cutShape(SHAPES.tiny, 1);
  await makeCheckpoint(single, shape);
  await makeCheckpoint(sharded, shape, { shards: 3 });
  const [one, several] = await Promise.all(
    [single, sharded].map(async (name) => Checkpoint.open(await openModel(name))),
  );
  expect(several!.files).toEqual([1, 2, 3].map((number) => `model-0000${number}-of-00003.safetensors`));
  expect(several!.problems).toEqual([]);
  expect(several!.names()).toEqual(one!.names());
  for (const name of one!.names()) {
    expect(Buffer.compare(await several!.get(name).read(), await one!.get(name).read())).toBe(0);
  }
  const sizes = await Promise.all(several!.files.map(async (file) => (await stat(join(sharded, file))).size));
  const largest = Math.max(...one!.names().map((name) => one!.get(name).byteLength));
  expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThan(2 * largest);
});

test("the checkpoint of convert-large has 5 GB", () => {
  const shape = cutShape(SHAPES["4b"], 21);
  const config = InternVL2_5Config.from_dict(originalConfig(shape, 151_674, 151_645) as JsonObject);
  const elements = originalTensorSpecs(config).map((spec) => spec.shape.reduce((product, size) => product * size, 1));
  expect(2 * elements.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(5e9);
});

function bfloat16(half: number): number {
  return new Float32Array(Uint32Array.of(half << 16).buffer)[0]!;
}
