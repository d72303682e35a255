import { readSafetensorsHeader } from "@internvl/convert";
import { MemoryFolder } from "@internvl/core";
import { KeyValueCache } from "@internvl/model";
import { describe, expect, it } from "vitest";
import { appendBoth, fedRows, newColumns, SHAPE, SlowCache, slowFedRows } from "./slow-cache.js";

type Header = Record<string, Record<string, unknown>>;

const model = { ...SHAPE, model_type: "qwen2", hidden_size: 24, vocab_size: 100, rope_theta: 1e6 };

function filled(): { cache: KeyValueCache; slow: SlowCache } {
  const cache = new KeyValueCache(2, model);
  const slow = new SlowCache([[], []]);
  appendBoth(
    cache,
    slow,
    newColumns(2, 3, (row, at) => (row === 1 && at === 0 ? 0 : 1)),
    50,
  );
  return { cache, slow };
}

/** The file with another header. */
function edited(bytes: Uint8Array, edit: (header: Header) => unknown): Uint8Array {
  const size = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + size)));
  const text = new TextEncoder().encode(JSON.stringify(edit(header) ?? header));
  const file = new Uint8Array(8 + text.length + bytes.length - 8 - size);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  file.set(bytes.subarray(8 + size), 8 + text.length);
  return file;
}

const failure = (bytes: Uint8Array, shape = model) => {
  try {
    KeyValueCache.load(bytes, shape);
  } catch (error) {
    return error;
  }
};

describe("a saved cache", () => {
  it("comes back with every number, token and mask, wherever its bytes lie", () => {
    const { cache, slow } = filled();
    const bytes = cache.save();
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    for (const source of [bytes, shifted.subarray(3)]) {
      const loaded = KeyValueCache.load(source, model);
      expect(fedRows(loaded)).toEqual(slowFedRows(slow));
      expect(loaded.commonPrefix(slow.rows.map((row) => row.map(({ token }) => token)))).toBe(3);
      expect([loaded.length, loaded.capacity, loaded.shape]).toEqual([3, 3, model]);
      appendBoth(loaded, slow.copy(), newColumns(2, 1));
      expect(loaded.length).toBe(4);
    }
    expect(KeyValueCache.load(new KeyValueCache(2, model).save(), model).batch_size).toBe(2);
  });

  it("is a safetensors file that says what is in it", async () => {
    const { cache } = filled();
    const folder = new MemoryFolder({ "cache.safetensors": cache.save() }, "memory");
    const { tensors, metadata } = await readSafetensorsHeader(folder, "cache.safetensors");
    expect(metadata).toEqual({
      format: "internvl key-value cache",
      version: "1",
      num_hidden_layers: "2",
      num_key_value_heads: "3",
      head_dim: "4",
      model_type: "qwen2",
      hidden_size: "24",
      vocab_size: "100",
      rope_theta: "1000000",
    });
    expect([...tensors].map(([name, { dtype, shape }]) => `${name} ${dtype} ${shape.join("x")}`)).toEqual([
      "past_key_values.0.key F32 2x3x3x4",
      "past_key_values.0.value F32 2x3x3x4",
      "past_key_values.1.key F32 2x3x3x4",
      "past_key_values.1.value F32 2x3x3x4",
      "input_ids I32 2x3",
      "attention_mask U8 2x3",
    ]);
  });

  it("says that it holds float16, and has half of the bytes", async () => {
    const shape = { ...model, cache_dtype: "float16" as const };
    const cache = new KeyValueCache(2, shape);
    const slow = new SlowCache([[], []]);
    appendBoth(cache, slow, newColumns(2, 3), 50);
    const bytes = cache.save();
    const folder = new MemoryFolder({ "cache.safetensors": bytes }, "memory");
    const { tensors, metadata } = await readSafetensorsHeader(folder, "cache.safetensors");
    expect(metadata).toMatchObject({ version: "1", cache_dtype: "float16" });
    const { dtype, shape: dims, byteLength } = tensors.get("past_key_values.1.value")!;
    expect([dtype, dims, byteLength]).toEqual(["F16", [2, 3, 3, 4], 2 * 3 * 3 * 4 * 2]);
    expect(fedRows(KeyValueCache.load(bytes, shape))).toEqual(slowFedRows(slow));
    expect(failure(bytes, model)).toMatchObject({
      code: "INPUT_INVALID",
      parts: { expected: "float32, the model's cache_dtype", got: "float16" },
    });
  });

  it("is refused by another model, with what differs", () => {
    const bytes = filled().cache.save();
    expect(failure(bytes, { ...model, num_key_value_heads: 4, rope_theta: 1e4 })).toMatchObject({
      code: "INPUT_INVALID",
      parts: { expected: "num_key_value_heads 4, rope_theta 10000", got: "num_key_value_heads 3, rope_theta 1000000" },
    });
  });

  it("is refused at whatever length it was cut", () => {
    const bytes = filled().cache.save();
    for (let length = 0; length < bytes.length; length += 13) {
      expect(failure(bytes.subarray(0, length))).toMatchObject({ code: "FILE_INVALID" });
    }
    expect(failure(Uint8Array.of(...bytes, 0))).toMatchObject({ code: "FILE_INVALID" });
  });

  it.each<[string, RegExp, (header: Header) => unknown]>([
    ["no metadata", /no saved cache/, ({ __metadata__: _, ...header }) => header],
    ["no object", /no saved cache/, () => []],
    [
      "a later version",
      /newer version.*version 1.*got 2/s,
      (h) => void Object.assign(h["__metadata__"]!, { version: "2" }),
    ],
    [
      "a later type",
      /newer version.*float32 or float16.*got int4/s,
      (h) => void Object.assign(h["__metadata__"]!, { cache_dtype: "int4" }),
    ],
    [
      "another type than it says",
      /does not hold past_key_values.0.key/,
      (h) => void Object.assign(h["__metadata__"]!, { cache_dtype: "float16" }),
    ],
    ["a missing tensor", /does not hold past_key_values.1.key/, (h) => void delete h["past_key_values.1.key"]],
    ["another type", /does not hold input_ids/, (h) => void Object.assign(h["input_ids"]!, { dtype: "F32" })],
    ["offsets that do not fit", /does not hold/, (h) => void Object.assign(h["input_ids"]!, { data_offsets: [0, 4] })],
    ["offsets past the end", /cut off/, (h) => void Object.assign(h["input_ids"]!, { data_offsets: [9e6, 9e6 + 24] })],
    [
      "a negative size",
      /does not hold/,
      (h) => void Object.assign(h["past_key_values.0.key"]!, { shape: [-2, 3, -3, 4] }),
    ],
    ["another shape", /wrong shape/, (h) => void Object.assign(h["past_key_values.1.value"]!, { shape: [2, 3, 4, 3] })],
    ["another head", /wrong shape/, (h) => void Object.assign(h["past_key_values.0.key"]!, { shape: [2, 4, 3, 3] })],
    ["more layers", /another length/, (h) => void Object.assign(h["__metadata__"]!, { num_hidden_layers: "3" })],
  ])("is refused with %s", (_, message, edit) => {
    const error = failure(edited(filled().cache.save(), edit)) as Error;
    expect(error).toMatchObject({ code: "FILE_INVALID" });
    expect(error.message).toMatch(message);
  });
});
