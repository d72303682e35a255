import { type FileSink, type FileWriter, InternVLError, type LongCallOptions, throwIfAborted } from "@internvl/core";
import { DTYPE_BYTES, elementCount, type SafetensorsDtype } from "./dtype.js";

/** A tensor to be written. */
export interface SafetensorsSource {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  /** The elements, little-endian, row-major, in pieces of any length. */
  bytes(options?: { signal?: AbortSignal }): AsyncIterable<Uint8Array>;
}

export interface WriteSafetensorsOptions extends LongCallOptions {
  /** `__metadata__` of the header; Transformers wants `{ format: "pt" }`. Left out when undefined. */
  metadata?: Readonly<Record<string, string>>;
}

const HEADER_ALIGNMENT = 8;
const DTYPE_RANKS = new Map(Object.keys(DTYPE_BYTES).map((dtype, rank) => [dtype, rank]));

/**
 * Writes a safetensors file, one piece after the other: memory stays at one piece. The bytes are those that
 * safetensors' own `save_file` writes for the same tensors: the widest dtypes first, then by name, the header padded
 * with spaces to a multiple of 8.
 *
 * @throws InternVLError `INPUT_INVALID` (a name that stands twice), `CONVERSION_FAILED` (a source that gives more or
 *   fewer bytes than its shape), `FILE_WRITE_FAILED`, `ABORTED`; in every case nothing of the file's name is left
 */
export async function writeSafetensors(
  sink: FileSink,
  path: string,
  tensors: readonly SafetensorsSource[],
  options: WriteSafetensorsOptions = {},
): Promise<void> {
  const sorted = [...tensors].sort(
    (a, b) => DTYPE_RANKS.get(b.dtype)! - DTYPE_RANKS.get(a.dtype)! || compareCodePoints(a.name, b.name),
  );
  const header = encodeHeader(sorted, options.metadata);
  const total = sorted.reduce((sum, tensor) => sum + byteLengthOf(tensor), 0);
  const writer = await sink.create(path);
  try {
    await writer.write(header);
    let loaded = 0;
    for (const tensor of sorted) {
      await writeTensor(writer, tensor, options.signal);
      loaded += byteLengthOf(tensor);
      options.progress_callback?.({ stage: "write", name: tensor.name, loaded, total, unit: "bytes" });
    }
    await writer.commit();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

async function writeTensor(writer: FileWriter, tensor: SafetensorsSource, signal?: AbortSignal): Promise<void> {
  let written = 0;
  for await (const piece of tensor.bytes({ signal })) {
    throwIfAborted(signal);
    await writer.write(piece);
    written += piece.byteLength;
  }
  if (written !== byteLengthOf(tensor)) {
    throw new InternVLError("CONVERSION_FAILED", {
      what: `Tensor ${tensor.name} gave another number of bytes than its shape says`,
      expected: `${byteLengthOf(tensor)} bytes for ${tensor.dtype} [${tensor.shape.join(", ")}]`,
      got: `${written}`,
    });
  }
}

function byteLengthOf(tensor: SafetensorsSource): number {
  return elementCount(tensor.shape) * DTYPE_BYTES[tensor.dtype];
}

function encodeHeader(sorted: readonly SafetensorsSource[], metadata?: Readonly<Record<string, string>>): Uint8Array {
  const seen = new Set<string>();
  const fields: string[] = [];
  if (metadata !== undefined) fields.push(`"__metadata__":${JSON.stringify(metadata)}`);
  let position = 0;
  for (const tensor of sorted) {
    if (seen.has(tensor.name) || tensor.name === "__metadata__") {
      throw new InternVLError("INPUT_INVALID", {
        what: "A tensor cannot be written under its name",
        expected: "names that differ, none of them __metadata__",
        got: tensor.name,
      });
    }
    seen.add(tensor.name);
    const end = position + byteLengthOf(tensor);
    // Put together by hand: an object would move names that look like integers to its front.
    const info = { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [position, end] };
    fields.push(`${JSON.stringify(tensor.name)}:${JSON.stringify(info)}`);
    position = end;
  }
  const json = new TextEncoder().encode(`{${fields.join(",")}}`);
  const headerBytes = Math.ceil(json.length / HEADER_ALIGNMENT) * HEADER_ALIGNMENT;
  const encoded = new Uint8Array(8 + headerBytes).fill(0x20);
  new DataView(encoded.buffer).setBigUint64(0, BigInt(headerBytes), true);
  encoded.set(json, 8);
  return encoded;
}

/** Rust's order of strings. JavaScript's own compares UTF-16 units, which differs beyond U+FFFF. */
function compareCodePoints(a: string, b: string): number {
  const left = Array.from(a, (character) => character.codePointAt(0)!);
  const right = Array.from(b, (character) => character.codePointAt(0)!);
  const shared = Math.min(left.length, right.length);
  for (let i = 0; i < shared; i++) {
    if (left[i] !== right[i]) return left[i]! - right[i]!;
  }
  return left.length - right.length;
}
