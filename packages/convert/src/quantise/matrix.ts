import { InternVLError } from "@internvl/core";
import type { WeightSource } from "../checkpoint/tensor.js";
import { DTYPE_BYTES } from "../safetensors/dtype.js";
import { farthest } from "./floats.js";
import { widener } from "./widen.js";

/** One row of a matrix in float32: the memory is that of the row before. */
export interface Row {
  readonly values: Float32Array;
  /**
   * The float32 scale that maps the number farthest from 0 within `start` to before `end` to `extreme`; 0 where all
   * numbers are (nearly) 0.
   *
   * @throws InternVLError `CONVERSION_FAILED` for NaN and infinity, naming where they stand
   */
  scale(start: number, end: number, extreme: number): number;
}

/** Some whole rows of a matrix. */
export interface RowPiece {
  /** The index of the first row. */
  readonly start: number;
  readonly count: number;
  /** Loads the row with this index within the piece. */
  row(index: number): Row;
}

/** A scale below the smallest normal float32 has lost digits, and kernels flush it to 0 anyway. */
const SMALLEST_SCALE = 2 ** -126;

/** `[rows, columns]`. @throws InternVLError `CHECKPOINT_INVALID` for a tensor that is no matrix */
export function matrixShape({ name, shape }: WeightSource): [rows: number, columns: number] {
  const [rows, columns] = shape;
  if (shape.length !== 2 || rows === undefined || columns === undefined || rows === 0 || columns === 0) {
    throw new InternVLError("CHECKPOINT_INVALID", {
      what: `Tensor ${name} cannot be quantised`,
      expected: "a matrix",
      got: `the shape [${shape.join(", ")}]`,
      fix: "Keep this tensor in float32 or float16.",
    });
  }
  return [rows, columns];
}

/**
 * A matrix in pieces of whole rows, about 1 MB each. Rows are widened one by one, so that what a quantiser reads several
 * times stays in the first-level cache.
 */
export async function* rowPieces(source: WeightSource, signal?: AbortSignal): AsyncGenerator<RowPiece> {
  const [, columns] = matrixShape(source);
  const widen = widener(source);
  const rowBytes = columns * DTYPE_BYTES[source.dtype];
  const values = new Float32Array(columns);
  const target = new Uint32Array(values.buffer);
  const bits = new Int32Array(values.buffer);
  let start = 0;
  for await (const bytes of source.stream({ signal, unitBytes: rowBytes })) {
    const first = start;
    const row = (index: number): Row => {
      widen(bytes.subarray(index * rowBytes, (index + 1) * rowBytes), target);
      return { values, scale: (from, to, extreme) => scaleOf(values, bits, from, to, extreme, source, first + index) };
    };
    const count = bytes.byteLength / rowBytes;
    yield { start, count, row };
    start += count;
  }
}

function scaleOf(
  values: Float32Array,
  bits: Int32Array,
  start: number,
  end: number,
  extreme: number,
  source: WeightSource,
  row: number,
): number {
  const column = farthest(bits, start, end);
  const value = values[column]!;
  if (!Number.isFinite(value)) {
    throw new InternVLError("CONVERSION_FAILED", {
      what: `Tensor ${source.name} cannot be quantised`,
      expected: "finite weights",
      got: `${value} in row ${row}, column ${column}`,
      fix: "The checkpoint is damaged: download it again.",
    });
  }
  const scale = Math.fround(value / extreme);
  return Math.abs(scale) < SMALLEST_SCALE ? 0 : scale;
}
