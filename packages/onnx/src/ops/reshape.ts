import { type Dim, divideProducts, factors, formatShape, type Shape } from "../dims.js";
import type { NodeRule } from "../rule.js";
import type { Value } from "../value.js";

/** What a Reshape node is given and what comes out. */
export interface ReshapePlan {
  /** The node's second input: 0 copies the dimension at that place, -1 is worked out from the rest. */
  wire: readonly number[];
  shape: Shape;
}

/**
 * Turns a wanted shape into what ONNX can say without computing shapes at run time: a symbol that stands at the same
 * place of `x` is copied, and one other symbol, or -1, is worked out from the number of elements.
 */
export function planReshape(rule: NodeRule, x: Value, wanted: Shape): ReshapePlan {
  const wire = wanted.map((dim, axis) => (typeof dim === "number" ? dim : dim === x.shape[axis] ? 0 : -1));
  if (wanted.some((dim) => typeof dim === "number" && (dim < -1 || dim === 0 || !Number.isInteger(dim)))) {
    throw rule.error({ what: "a length is impossible", expected: "-1, or 1 and more", got: formatShape(wanted) });
  }
  const inferred = wire.flatMap((length, axis) => (length === -1 ? [axis] : []));
  if (inferred.length > 1) {
    throw rule.error({
      what: `${formatShape(x.shape)} cannot become ${formatShape(wanted)} without a computed shape`,
      expected: "one symbol or -1 at most that is not at the same place of the input",
      got: inferred.map((axis) => wanted[axis]).join(", "),
      fix: "Pass the shape as a tensor: reshape(x, dims, shapeOf([...])).",
    });
  }
  const place = inferred[0];
  const rest = wanted.filter((_, axis) => axis !== place);
  const quotient = divideProducts(factors(x.shape), factors(rest));
  if (place === undefined ? quotient !== 1 : quotient === undefined) {
    throw rule.error({
      what: "the number of elements changes",
      expected: `the elements of ${formatShape(x.shape)}`,
      got: formatShape(wanted),
    });
  }
  return { wire, shape: wanted.map((dim, axis) => (axis === place ? named(rule, dim, quotient ?? dim) : dim)) };
}

/** The length that was worked out, under the name that the caller has for it. */
function named(rule: NodeRule, wanted: Dim, length: Dim): Dim {
  if (wanted === -1) return length;
  if (typeof length === "number")
    throw rule.error({ what: "a length is known", expected: `${length}`, got: `${wanted}` });
  return wanted;
}
