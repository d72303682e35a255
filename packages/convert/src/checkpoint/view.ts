import { throwIfAborted } from "@internvl/core";
import { DTYPE_BYTES, elementCount } from "../safetensors/dtype.js";
import { streamRanges } from "./stream.js";
import type { TensorSource, WeightSource } from "./tensor.js";

/** A tensor that is computed when it is read, from whatever `rows` reads. */
export function rowView(parts: Pick<WeightSource, "name" | "dtype" | "shape" | "rows" | "isStored">): WeightSource {
  const { name, dtype, shape, rows, isStored } = parts;
  const rowBytes = bytesOfRow(parts);
  return {
    name,
    dtype,
    shape,
    isStored,
    rows,
    stream: (options) =>
      streamRanges(
        rowBytes * rowsOf(shape),
        (start, end, into) => rows(start / rowBytes, end / rowBytes, options, into),
        options,
        rowBytes,
      ),
  };
}

/** Rows `start` to before `end` of a tensor. */
export interface RowSegment {
  readonly source: WeightSource;
  readonly start: number;
  readonly end: number;
}

/** A tensor whose rows are those of others, in this order; all of one dtype and one shape but for the leading dimension. */
export function joinedRows(name: string, segments: readonly RowSegment[]): WeightSource {
  const { dtype, shape } = segments[0]!.source;
  const count = segments.reduce((sum, { start, end }) => sum + end - start, 0);
  const joined = [count, ...shape.slice(1)];
  const rowBytes = bytesOfRow({ dtype, shape: joined });
  return rowView({
    name,
    dtype,
    shape: joined,
    isStored: segments.every(({ source }) => source.isStored),
    async rows(start, end, options, into) {
      throwIfAborted(options?.signal);
      const bytes = into ?? new Uint8Array((end - start) * rowBytes);
      const reads: Promise<void>[] = [];
      let first = 0;
      for (const segment of segments) {
        const from = Math.max(start, first);
        const to = Math.min(end, first + segment.end - segment.start);
        if (from < to) {
          const shift = segment.start - first;
          const part = bytes.subarray((from - start) * rowBytes, (to - start) * rowBytes);
          reads.push(readInto(part, segment.source, from + shift, to + shift, options));
        }
        first += segment.end - segment.start;
      }
      await Promise.all(reads);
      return bytes;
    },
  });
}

async function readInto(
  target: Uint8Array,
  source: WeightSource,
  start: number,
  end: number,
  options: { signal?: AbortSignal } | undefined,
): Promise<void> {
  const rows = await source.rows(start, end, options, target);
  if (rows !== target) target.set(rows);
}

/** `tensor` under another name. */
export function renamed(name: string, tensor: WeightSource): WeightSource {
  const { dtype, shape, place, isStored } = tensor;
  return {
    name,
    dtype,
    shape,
    place,
    isStored,
    rows: (start, end, options, into) => tensor.rows(start, end, options, into),
    stream: (options) => tensor.stream(options),
  };
}

/** `source` with some of its tensors replaced by others of the same names. */
export function withTensors(source: TensorSource, replaced: ReadonlyMap<string, WeightSource>): TensorSource {
  return {
    name: source.name,
    names: () => [...new Set([...source.names(), ...replaced.keys()])].sort(),
    has: (name) => replaced.has(name) || source.has(name),
    get: (name) => replaced.get(name) ?? source.get(name),
  };
}

/** `source` without some of its tensors. */
export function withoutTensors(source: TensorSource, names: readonly string[]): TensorSource {
  if (names.length === 0) return source;
  const hidden = new Set(names);
  return {
    name: source.name,
    names: () => source.names().filter((name) => !hidden.has(name)),
    has: (name) => !hidden.has(name) && source.has(name),
    get: (name) => source.get(name),
  };
}

/** The number of rows: the leading dimension, 1 for a scalar. */
function rowsOf(shape: readonly number[]): number {
  return shape[0] ?? 1;
}

function bytesOfRow({ dtype, shape }: Pick<WeightSource, "dtype" | "shape">): number {
  return elementCount(shape.slice(1)) * DTYPE_BYTES[dtype];
}
