import type { Dtype, GraphName } from "@internvl/config";
import type { Tensor } from "@internvl/core";
import { Rows } from "../reference/index.js";
import { LIMITS } from "./limits.js";

/** How one part of a graph compares with the plain evaluation. */
export interface PartCheck {
  graph: GraphName;
  /** The graph's. */
  dtype: Dtype;
  /** `"embedding"`, `"layer"`, `"projector"` or `"logits"`. */
  part: string;
  /** Counted from 0, of a `"layer"`. */
  layer: number | null;
  /** The largest difference between two numbers, at the token where it is the largest beside its scale. */
  difference: number;
  /** What that difference is measured by; see `scalesOf`. */
  scale: number;
  /** `difference / scale` may be as much as this: see `LIMITS`; of a part that is not quantised what fp32 may. */
  limit: number;
}

/** Numbers of one part: the graph's, and those of the plain evaluation. */
export interface Compared {
  part: string;
  layer?: number;
  /** What the weights of this part are stored in. */
  dtype: Dtype;
  actual: Rows;
  expected: Rows;
  /** What the part added to, so that it is measured by what it changed. */
  before?: Rows;
}

/** Changes below this part of the numbers that they are added to are lost in the rounding of these. */
const SMALLEST_CHANGE = 1 / 500;

/** Compares token by token; the token with the largest difference beside its scale stands for the part. */
export function comparePart(compared: Compared): Omit<PartCheck, "graph"> {
  const { part, layer = null, dtype, actual, expected } = compared;
  const scales = scalesOf(compared);
  let worst = { difference: 0, scale: scales[0] ?? 1 };
  for (let token = 0; token < expected.count; token++) {
    const [a, b] = [actual.row(token), expected.row(token)];
    let difference = 0;
    for (let i = 0; i < b.length; i++) {
      const distance = Math.abs(a[i]! - b[i]!);
      // A NaN is as wrong as a number can be, and compares as smaller than anything.
      difference = Math.max(difference, Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance);
    }
    const scale = scales[token]!;
    // Written so that NaN, where even the original gives no number, is the worst of all.
    if (!(difference / scale <= worst.difference / worst.scale)) worst = { difference, scale };
  }
  return { part, layer, dtype, ...worst, limit: LIMITS[dtype] };
}

export function isWithinLimit({ difference, scale, limit }: PartCheck): boolean {
  return difference / scale <= limit;
}

/**
 * What differences are measured by, a number a token.
 *
 * - In fp32 1: differences are absolute. Numbers beyond 10 have rounding errors of their own size, a tenth of them then.
 * - In others the largest number of the token; of a layer the largest that it changed, because what it is added to is often
 *   many times larger and would hide a wrong layer.
 * - In int8 that of all tokens together: activations of one call share one scale.
 */
function scalesOf({ dtype, expected, before }: Compared): number[] {
  const tokens = Array.from({ length: expected.count }, (_, token) => token);
  const values = tokens.map((token) => largest(expected.row(token)));
  if (dtype === "fp32") return values.map((value) => Math.max(1, value / 10));
  const changes = tokens.map((token) => {
    const row = before?.row(token);
    const changed =
      row === undefined ? values[token]! : largest(expected.row(token).map((value, i) => value - row[i]!));
    return Math.max(changed, values[token]! * SMALLEST_CHANGE, Number.MIN_VALUE);
  });
  return dtype === "int8" ? changes.map(() => Math.max(...changes)) : changes;
}

/** A graph's float32 output, its leading dimensions as one. */
export function rowsOf({ data, dims }: Tensor, start = 0, end?: number): Rows {
  const width = dims.at(-1)!;
  return Rows.of((data as Float32Array).subarray(start * width, end === undefined ? undefined : end * width), width);
}

function largest(values: Float64Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
