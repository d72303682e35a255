import { throwIfAborted } from "@internvl/core";
import { DTYPE_BYTES, elementCount } from "../safetensors/dtype.js";
import { streamRanges } from "./stream.js";
import type { TensorSource, WeightSource } from "./tensor.js";

/** A tensor that is computed when it is read, from whatever `rows` reads. */
export function rowView(parts: Pick<WeightSource, "name" | "dtype" | "shape" | "rows">): WeightSource {
  const { name, dtype, shape, rows } = parts;
  const rowBytes = bytesOfRow(parts);
  return {
    name,
    dtype,
    shape,
    rows,
    stream: (options) =>
      streamRanges(
        rowBytes * rowsOf(shape),
        (start, end) => rows(start / rowBytes, end / rowBytes, options),
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
    async rows(start, end, options) {
      throwIfAborted(options?.signal);
      const bytes = new Uint8Array((end - start) * rowBytes);
      let first = 0;
      for (const segment of segments) {
        const from = Math.max(start, first);
        const to = Math.min(end, first + segment.end - segment.start);
        if (from < to) {
          const shift = segment.start - first;
          bytes.set(await segment.source.rows(from + shift, to + shift, options), (from - start) * rowBytes);
        }
        first += segment.end - segment.start;
      }
      return bytes;
    },
  });
}

/** `tensor` under another name. */
export function renamed(name: string, tensor: WeightSource): WeightSource {
  const { dtype, shape, place } = tensor;
  return {
    name,
    dtype,
    shape,
    place,
    rows: (start, end, options) => tensor.rows(start, end, options),
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
