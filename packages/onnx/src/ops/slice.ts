import { addDims, type Dim } from "../dims.js";
import type { NodeRule } from "../rule.js";
import type { Value } from "../value.js";

/** A piece of one axis. Negative starts and ends count from the end; values are int64 of shape `[1]`. */
export interface SliceRange {
  axis: number;
  /** Default 0. */
  start?: number | Value;
  /** Default: to the end. */
  end?: number | Value;
  /** Default 1. */
  step?: number;
}

/** The length of `dim` after the cut. A symbolic dimension is taken to be at least as long as what is cut from it. */
export function slicedDim(rule: NodeRule, dim: Dim, { axis, start = 0, end, step = 1 }: SliceRange): Dim {
  if (!Number.isInteger(step) || step < 1) {
    throw rule.error({ what: "a step is impossible", expected: "a whole number from 1", got: String(step) });
  }
  if (typeof start !== "number" || (end !== undefined && typeof end !== "number")) return rule.unknown(`axis${axis}`);
  if (typeof dim === "number") {
    const clamp = (index: number) => Math.min(Math.max(index < 0 ? index + dim : index, 0), dim);
    return Math.ceil(Math.max(clamp(end ?? dim) - clamp(start), 0) / step);
  }
  const length = symbolicLength(dim, start, end);
  if (length === undefined || (step > 1 && typeof length === "string")) return rule.unknown(`axis${axis}`);
  return typeof length === "number" ? Math.ceil(length / step) : length;
}

function symbolicLength(dim: string, start: number, end: number | undefined): Dim | undefined {
  const fromBack = end === undefined ? 0 : end;
  const endsAtBack = end === undefined || end < 0;
  if (start >= 0 && endsAtBack) return addDims(dim, fromBack - start);
  if (start < 0 === endsAtBack) return Math.max(fromBack - start, 0);
  return undefined;
}
