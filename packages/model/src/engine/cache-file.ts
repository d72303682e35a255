import { CACHE_DTYPES, type CacheDtype } from "@internvl/config";
import { InternVLError } from "@internvl/core";
import { type CacheArray, cacheArrayOf } from "./cache-array.js";
import { type CacheShape, cacheDtypeOf } from "./cache-shape.js";

// A cache on disk is a safetensors file (https://github.com/huggingface/safetensors#format), so that any tool shows what
// is in it: past_key_values.N.key and .value, F32 or F16 [batch, heads, length, head_dim]; input_ids, I32 [batch, length], -1 where
// embeddings were read; attention_mask, U8 [batch, length]. The metadata names this format and the model's sizes.

const FORMAT = "internvl key-value cache";
const VERSION = "1";
const PREFIX_BYTES = 8;
/** The reference library's limit. */
const MAX_HEADER_BYTES = 100_000_000;

/** `[batch, heads, length, head_dim]` */
type CacheDims = readonly [batch: number, heads: number, length: number, head_dim: number];

export interface CacheContents {
  shape: CacheShape;
  dims: CacheDims;
  /** `[batch][length]` */
  tokens: readonly (readonly number[])[];
  /** `[batch][length]` */
  visible: readonly (readonly number[])[];
  /** Made one by one while the file is written. */
  arrays: readonly { name: string; data: () => CacheArray }[];
}

export interface CacheFile {
  shape: CacheShape;
  dims: CacheDims;
  tokens: number[][];
  visible: number[][];
  /** A copy of the array of this name. @throws InternVLError `FILE_INVALID` */
  array(name: string): CacheArray;
}

interface Entry {
  dtype: string;
  shape: number[];
  data_offsets: [start: number, end: number];
}

const BYTES: Readonly<Record<string, number>> = { F32: 4, F16: 2, I32: 4, U8: 1 };

/** What safetensors calls them. */
const STORED: Readonly<Record<CacheDtype, string>> = { float32: "F32", float16: "F16" };

export function writeCacheFile({ shape, dims, tokens, visible, arrays }: CacheContents): Uint8Array {
  const [batch, , length] = dims;
  const tensors = [
    ...arrays.map(({ name, data }) => ({ name, dtype: STORED[cacheDtypeOf(shape)], shape: [...dims], data })),
    { name: "input_ids", dtype: "I32", shape: [batch, length], data: () => Int32Array.from(tokens.flat()) },
    { name: "attention_mask", dtype: "U8", shape: [batch, length], data: () => Uint8Array.from(visible.flat()) },
  ];
  const metadata = Object.fromEntries(Object.entries(shape).map(([name, value]) => [name, String(value)]));
  const entries: Record<string, unknown> = { __metadata__: { format: FORMAT, version: VERSION, ...metadata } };
  let end = 0;
  for (const { name, dtype, shape } of tensors) {
    const start = end;
    end += sizeOf(shape) * BYTES[dtype]!;
    entries[name] = { dtype, shape, data_offsets: [start, end] } satisfies Entry;
  }
  const text = new TextEncoder().encode(JSON.stringify(entries));
  const dataStart = PREFIX_BYTES + Math.ceil(text.length / 8) * 8;
  const bytes = new Uint8Array(dataStart + end).fill(0x20, PREFIX_BYTES, dataStart);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(dataStart - PREFIX_BYTES), true);
  bytes.set(text, PREFIX_BYTES);
  let at = dataStart;
  for (const { data } of tensors) {
    const { buffer, byteOffset, byteLength } = data();
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += byteLength;
  }
  return bytes;
}

/** @throws InternVLError `FILE_INVALID` */
export function readCacheFile(bytes: Uint8Array): CacheFile {
  const { header, data } = split(bytes);
  const { __metadata__: metadata, ...entries } = header;
  const shape = readShape(metadata);
  const cache_dtype = cacheDtypeOf(shape);
  const stored = STORED[cache_dtype];
  const { shape: first } = entryOf(entries, "past_key_values.0.key", stored, data.length);
  const [batch = 0, heads, length = -1, head_dim] = first;
  const dims: CacheDims = [batch, shape.num_key_value_heads, length, shape.head_dim];
  if (first.length !== 4 || batch < 1 || heads !== shape.num_key_value_heads || head_dim !== shape.head_dim) {
    throw wrongShape(
      "past_key_values.0.key",
      `[batch, ${shape.num_key_value_heads}, length, ${shape.head_dim}]`,
      first,
    );
  }
  const end =
    2 * shape.num_hidden_layers * sizeOf(dims) * BYTES[stored]! + batch * length * (BYTES["I32"]! + BYTES["U8"]!);
  if (end !== data.length) throw cutOff(end, data.length);

  const tensor = (name: string, dtype: string, expected: readonly number[]) => {
    const { shape, data_offsets } = entryOf(entries, name, dtype, data.length);
    if (shape.join() !== expected.join()) throw wrongShape(name, `[${expected.join(", ")}]`, shape);
    return data.slice(...data_offsets).buffer;
  };
  const rows = (values: Int32Array | Uint8Array) =>
    Array.from({ length: batch }, (_, row) => Array.from(values.subarray(row * length, (row + 1) * length)));
  return {
    shape,
    dims,
    tokens: rows(new Int32Array(tensor("input_ids", "I32", [batch, length]))),
    visible: rows(new Uint8Array(tensor("attention_mask", "U8", [batch, length])).map((flag) => (flag ? 1 : 0))),
    array: (name) => cacheArrayOf(cache_dtype, tensor(name, stored, dims)),
  };
}

function split(bytes: Uint8Array): { header: Record<string, unknown>; data: Uint8Array } {
  const size = bytes.length < PREFIX_BYTES ? undefined : headerBytes(bytes);
  if (size === undefined || size > MAX_HEADER_BYTES) throw noCache();
  const dataStart = PREFIX_BYTES + size;
  if (dataStart > bytes.length) throw cutOff(dataStart, bytes.length);
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(PREFIX_BYTES, dataStart)));
  } catch (cause) {
    throw noCache(cause);
  }
  if (typeof header !== "object" || header === null || Array.isArray(header)) throw noCache();
  return { header: header as Record<string, unknown>, data: bytes.subarray(dataStart) };
}

function headerBytes(bytes: Uint8Array): number {
  return Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
}

function readShape(metadata: unknown): CacheShape {
  const { format, version, model_type, cache_dtype, ...numbers } = (metadata ?? {}) as Record<string, string>;
  if (format !== FORMAT) throw noCache();
  if (version !== VERSION) throw newer(`version ${VERSION} of its format`, String(version));
  if (cache_dtype !== undefined && !(CACHE_DTYPES as readonly string[]).includes(cache_dtype)) {
    throw newer(`keys and values in ${CACHE_DTYPES.join(" or ")}`, String(cache_dtype));
  }
  const entries = Object.entries(numbers).map(([name, value]) => [name, Number(value)]);
  return {
    ...Object.fromEntries(entries),
    ...(model_type !== undefined && { model_type }),
    ...(cache_dtype !== undefined && { cache_dtype }),
  };
}

function newer(expected: string, got: string): InternVLError {
  return new InternVLError("FILE_INVALID", {
    what: "The cache was saved by a newer version of this package",
    expected,
    got,
    fix: "Update this package, or start without the cache.",
  });
}

function entryOf(entries: Record<string, unknown>, name: string, dtype: string, available: number): Entry {
  const entry = entries[name] as Partial<Entry> | undefined;
  const { shape, data_offsets } = entry ?? {};
  const [start = Number.NaN, end = Number.NaN] = Array.isArray(data_offsets) ? data_offsets : [];
  const fits =
    entry?.dtype === dtype &&
    Array.isArray(shape) &&
    [...shape, start, end].every((value) => Number.isSafeInteger(value) && value >= 0) &&
    end - start === sizeOf(shape) * BYTES[dtype]!;
  if (!fits) {
    throw new InternVLError("FILE_INVALID", {
      what: `The saved cache does not hold ${name} as it should`,
      expected: `${dtype} values, as many as its shape says`,
      got: entry === undefined ? "no such tensor" : JSON.stringify(entry),
      fix: SAVE_AGAIN,
    });
  }
  if (end > available) throw cutOff(end, available);
  return entry as Entry;
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

const SAVE_AGAIN = "Save the cache again, or start without it.";

function noCache(cause?: unknown): InternVLError {
  return new InternVLError("FILE_INVALID", {
    what: "These bytes are no saved cache",
    expected: "what KeyValueCache.save wrote, a safetensors file",
    fix: SAVE_AGAIN,
    cause,
  });
}

function cutOff(expected: number, got: number): InternVLError {
  return new InternVLError("FILE_INVALID", {
    what: "The saved cache has another length than it says: it was cut off or changed",
    expected: `${expected} bytes`,
    got: String(got),
    fix: SAVE_AGAIN,
  });
}

function wrongShape(name: string, expected: string, got: readonly number[]): InternVLError {
  return new InternVLError("FILE_INVALID", {
    what: `${name} of the saved cache has the wrong shape`,
    expected,
    got: `[${got.join(", ")}]`,
    fix: SAVE_AGAIN,
  });
}
