import { type ErrorParts, InternVLError } from "@internvl/core";
import { broadcastShapes, type Dim, formatShape, type Shape } from "./dims.js";
import type { DType } from "./dtypes.js";
import type { Value } from "./value.js";

/** What a shape rule checks its node with: every error names the node and its op. */
export class NodeRule {
  readonly node: string;
  readonly op: string;

  constructor(node: string, op: string) {
    this.node = node;
    this.op = op;
  }

  /** A `GRAPH_INVALID` error about this node, to be thrown. */
  error(parts: ErrorParts): InternVLError {
    return new InternVLError("GRAPH_INVALID", { ...parts, what: `Node "${this.node}" (${this.op}): ${parts.what}` });
  }

  /** A dimension that depends on data. It equals only itself; `refine` gives it a better name or a length. */
  unknown(label: string): Dim {
    return `${this.node}.${label}`;
  }

  type(label: string, value: Value, ...allowed: readonly DType[]): void {
    if (allowed.includes(value.type)) return;
    throw this.error({
      what: `the type of ${label} does not fit`,
      expected: allowed.join(" or "),
      got: `${value.type} ("${value.name}")`,
      fix: allowed.length === 1 ? "Cast it first." : undefined,
    });
  }

  rank(label: string, value: Value, ...allowed: readonly number[]): void {
    if (allowed.includes(value.shape.length)) return;
    throw this.error({
      what: `the rank of ${label} does not fit`,
      expected: `${allowed.join(" or ")} dimensions`,
      got: describe(value),
    });
  }

  /** Checks `value` against a whole shape. */
  shape(label: string, value: Value, ...allowed: readonly Shape[]): void {
    const fits = (shape: Shape) => shape.length === value.shape.length && shape.every((d, i) => d === value.shape[i]);
    if (allowed.some(fits)) return;
    throw this.error({
      what: `the shape of ${label} does not fit`,
      expected: allowed.map(formatShape).join(" or "),
      got: describe(value),
    });
  }

  /** Checks that two dimensions are the same length, or the same symbol. */
  same(what: string, expected: Dim, got: Dim): void {
    if (expected !== got) throw this.error({ what: `${what} differ`, expected: String(expected), got: String(got) });
  }

  /** The axis counted from the front, for an axis that may count from the back. */
  axis(axis: number, rank: number): number {
    const counted = axis < 0 ? axis + rank : axis;
    if (Number.isInteger(axis) && counted >= 0 && counted < rank) return counted;
    throw this.error({ what: "there is no such axis", expected: `${-rank} to ${rank - 1}`, got: String(axis) });
  }

  /** The shape of two operands under numpy's broadcasting. */
  broadcast(a: Shape, b: Shape): Shape {
    const shape = broadcastShapes(a, b);
    if (shape !== undefined) return shape;
    throw this.error({
      what: "the operands do not broadcast",
      expected: "dimensions, counted from the last, that are equal or 1",
      got: `${formatShape(a)} and ${formatShape(b)}`,
    });
  }
}

/** `"weights" float32 [3, 4]`, as messages show values. */
export function describe(value: Value): string {
  return `"${value.name}" ${value.type} ${formatShape(value.shape)}`;
}
