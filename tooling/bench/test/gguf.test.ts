import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cutShape, SHAPES } from "../src/checkpoint/shape.js";
import { ggufHeader, tensorBytes } from "../src/gguf/format.js";
import { ggufLanguageModel } from "../src/gguf/language-model.js";
import { writeGguf } from "../src/gguf/write.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "internvl-gguf-test-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("a header has the bytes of the format", () => {
  const header = ggufHeader({ a: 7, b: "x", c: { float32: 1.5 }, d: ["y"], e: [-1], f: true }, [
    { name: "w", shape: [2, 32], type: "Q4_0" },
    { name: "n", shape: [3], type: "F32" },
  ]);
  const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");
  const expected = Buffer.concat([
    hex("47475546 03000000 0200000000000000 0600000000000000"),
    hex("0100000000000000 61 04000000 07000000"),
    hex("0100000000000000 62 08000000 0100000000000000 78"),
    hex("0100000000000000 63 06000000 0000c03f"),
    hex("0100000000000000 64 09000000 08000000 0100000000000000 0100000000000000 79"),
    hex("0100000000000000 65 09000000 05000000 0100000000000000 ffffffff"),
    hex("0100000000000000 66 07000000 01"),
    // The dimension that lies together comes first; the second tensor begins at a multiple of 32 after 36 bytes.
    hex("0100000000000000 77 02000000 2000000000000000 0200000000000000 02000000 0000000000000000"),
    hex("0100000000000000 6e 01000000 0300000000000000 00000000 4000000000000000"),
  ]);
  expect(header.length % 32).toBe(0);
  expect(Buffer.from(header.subarray(0, expected.length)).equals(expected)).toBe(true);
  expect(header.subarray(expected.length).every((byte) => byte === 0)).toBe(true);
});

test("rows that are no whole blocks are refused", () => {
  expect(() => tensorBytes({ name: "w", shape: [2, 33], type: "Q8_0" })).toThrow("w: rows of 33");
});

test("the 1B has the size of Qwen2.5-0.5B in 4 bits, without tied embeddings", () => {
  const { tensors } = ggufLanguageModel(SHAPES["1b"], "Q4_0");
  const bytes = tensors.reduce((sum, tensor) => sum + tensorBytes(tensor), 0);
  expect(Math.round(bytes / 1e6)).toBe(354);
});

test("the 2B is in the form of Llama, with as many tokens as its tokenizer and no biases", () => {
  const { metadata, tensors } = ggufLanguageModel(SHAPES["2b"], "Q8_0");
  expect(metadata).toMatchObject({ "general.architecture": "llama", "llama.attention.head_count_kv": 8 });
  expect(metadata["tokenizer.ggml.tokens"]).toHaveLength(92_553);
  expect(tensors.some(({ name }) => name.endsWith("bias"))).toBe(false);
  expect(tensors.find(({ name }) => name === "blk.0.attn_k.weight")?.shape).toEqual([1024, 2048]);
});

test("a file is its header and all of its tensors, each at a multiple of 32", async () => {
  const shape = cutShape(SHAPES.tiny, 1);
  const path = join(folder, "tiny.gguf");
  await writeGguf(path, shape, "Q4_0");
  const bytes = await readFile(path);
  const { metadata, tensors } = ggufLanguageModel(shape, "Q4_0");
  const header = ggufHeader(metadata, tensors);
  const padded = tensors.map((tensor) => Math.ceil(tensorBytes(tensor) / 32) * 32);
  expect(bytes.length).toBe(header.length + padded.reduce((sum, size) => sum + size, 0));
  // The first tensor is quantised: blocks of a scale (2^-8 as a half) and 16 bytes that differ.
  expect(bytes.readUInt16LE(header.length)).toBe(0x1c00);
  expect(bytes.readUInt16LE(header.length + 18)).toBe(0x1c00);
  expect(new Set(bytes.subarray(header.length + 2, header.length + 18)).size).toBeGreaterThan(8);
  // The second is the gain of a norm.
  expect(tensors[1]!.name).toBe("blk.0.attn_norm.weight");
  expect(bytes.readFloatLE(header.length + padded[0]!)).toBe(1);
});
