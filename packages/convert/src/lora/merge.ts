import { InternVLError, throwIfAborted } from "@internvl/core";
import { rowView, type WeightSource } from "../checkpoint/index.js";
import { counted, listing } from "../checkpoint/listing.js";
import { farthest } from "../quantise/floats.js";
import { widener } from "../quantise/widen.js";
import { elementCount } from "../safetensors/dtype.js";
import type { LoraDelta } from "./adapter.js";
import { addProduct, RANK_UNIT } from "./product.js";
import type { RecentlyUsed } from "./recently-used.js";

/** The A of all deltas of one weight, one below the other: float32 `[rank, columns]`, the rank padded. */
export interface StackedFactor {
  readonly rank: number;
  readonly values: Float32Array;
}

/**
 * W + the sum of scaling * B A over `deltas`, in float32, computed a block of rows at a time when it is read. As in PEFT's
 * weighted adapters of type "cat", several deltas are one of all their ranks: [B1 B2] [A1; A2].
 *
 * Of B the rows that are asked for are read, and nothing is kept. All of A is needed for any row, so it stays in `cache`
 * from one block to the next.
 *
 * @param weight W, `[out, in]` or of a convolution `[out, in, height, width]`; F32, F16 or BF16
 */
export function mergedWeight(
  weight: WeightSource,
  deltas: readonly LoraDelta[],
  cache: RecentlyUsed<StackedFactor>,
): WeightSource {
  const { name, shape } = weight;
  const columns = elementCount(shape.slice(1));
  const widen = widener(weight);
  // Another adapter may change the same weight in a view below this one, under the same name.
  const key = Symbol(name);
  return rowView({
    name,
    dtype: "F32",
    shape,
    async rows(start, end, options = {}) {
      throwIfAborted(options.signal);
      const rows = end - start;
      const [bytes, a, b] = await Promise.all([
        weight.rows(start, end, options),
        cache.get(key, () => stackA(deltas, columns, options)),
        readB(deltas, start, end, options),
      ]);
      const merged = new Float32Array(rows * columns);
      widen(bytes, new Uint32Array(merged.buffer));
      addProduct(merged, b, a.values, { rows, columns, rank: a.rank });
      return new Uint8Array(merged.buffer);
    },
  });
}

/** What does not fit together, in a line; undefined where all is well. Reads nothing. */
export function shapeProblem(weight: WeightSource, { a, b, rank }: LoraDelta): string | undefined {
  const { name, shape } = weight;
  const [out = 0, ...rest] = shape;
  // B of a convolution is one of 1 x 1.
  const fits =
    rest.length > 0 &&
    sameShape(a.shape, [rank, ...rest]) &&
    sameShape(b.shape.slice(0, 2), [out, rank]) &&
    b.shape.slice(2).every((size) => size === 1);
  return fits ? undefined : `${name} is [${shape.join(", ")}], A [${a.shape.join(", ")}], B [${b.shape.join(", ")}]`;
}

/** One error for all `problems`. */
export function shapeError(problems: readonly string[], parts: { what: string; fix: string }): InternVLError {
  return new InternVLError("CHECKPOINT_INVALID", {
    what: parts.what,
    expected: "A [rank, in] and B [out, rank] for weights [out, in], and whole tensors in the model's shapes",
    got: `${counted(problems.length, "tensor")} of another shape: ${listing(problems, "; ")}`,
    fix: parts.fix,
  });
}

async function stackA(
  deltas: readonly LoraDelta[],
  columns: number,
  options: { signal?: AbortSignal },
): Promise<StackedFactor> {
  const rank = paddedRank(deltas);
  const values = new Float32Array(rank * columns);
  let at = 0;
  for (const { a, rank } of deltas) {
    values.set(await readFloats(a, 0, rank, options), at);
    at += rank * columns;
  }
  return { rank, values };
}

/** Rows of the B of all deltas side by side, times their scalings: `[end - start, padded rank]`. */
async function readB(
  deltas: readonly LoraDelta[],
  start: number,
  end: number,
  options: { signal?: AbortSignal },
): Promise<Float64Array> {
  const width = paddedRank(deltas);
  const stacked = new Float64Array((end - start) * width);
  let first = 0;
  for (const { b, rank, scaling } of deltas) {
    const values = await readFloats(b, start, end, options);
    for (let row = 0; row < end - start; row++) {
      for (let k = 0; k < rank; k++) stacked[row * width + first + k] = scaling * values[row * rank + k]!;
    }
    first += rank;
  }
  return stacked;
}

function paddedRank(deltas: readonly LoraDelta[]): number {
  const rank = deltas.reduce((sum, delta) => sum + delta.rank, 0);
  return Math.ceil(rank / RANK_UNIT) * RANK_UNIT;
}

/** @throws InternVLError `CONVERSION_FAILED` for factors that are no numbers: the training of the adapter diverged */
async function readFloats(
  tensor: WeightSource,
  start: number,
  end: number,
  options: { signal?: AbortSignal },
): Promise<Float32Array> {
  const count = (end - start) * elementCount(tensor.shape.slice(1));
  const values = new Float32Array(count);
  if (count === 0) return values;
  widener(tensor)(await tensor.rows(start, end, options), new Uint32Array(values.buffer));
  const worst = values[farthest(new Int32Array(values.buffer), 0, count)]!;
  if (Number.isFinite(worst)) return values;
  throw new InternVLError("CONVERSION_FAILED", {
    what: `Tensor ${tensor.name} of the adapter holds what is no number`,
    expected: "finite numbers",
    got: `${worst}`,
    fix: "Use another checkpoint of the adapter: this one's training went astray.",
  });
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i]);
}
