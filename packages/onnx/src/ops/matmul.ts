import { attr } from "../attributes.js";
import type { Dim, Shape } from "../dims.js";
import type { NodeRule } from "../rule.js";
import type { Value } from "../value.js";
import { ElementwiseOps } from "./elementwise.js";

export interface FusedMatMulOptions {
  /** Swap the last two dimensions of `a` before multiplying. */
  transA?: boolean;
  /** Swap the last two dimensions of `b` before multiplying. */
  transB?: boolean;
  /** Scales the product. Default 1. */
  alpha?: number;
}

export interface ConvOptions {
  /** One for each spatial dimension. Default 1. */
  strides?: readonly number[];
  /** Starts, then ends: `[top, left, bottom, right]`. Default 0. */
  pads?: readonly number[];
  dilations?: readonly number[];
  group?: number;
}

/** Products of matrices, and convolution. */
export class MatMulOps extends ElementwiseOps {
  /** `[..., M, K] x [..., K, N] -> [..., M, N]`; the leading dimensions broadcast. */
  matmul(a: Value, b: Value): Value {
    return this.node({
      op: "MatMul",
      inputs: [a, b],
      outputs: (rule) => [{ type: sameType(rule, a, b), shape: matmulShape(rule, a.shape, b.shape) }],
    })[0];
  }

  /** com.microsoft: `alpha * a' x b'`, each swapped on request. One pass for `q k^T / sqrt(d)`. */
  fusedMatMul(a: Value, b: Value, { transA = false, transB = false, alpha = 1 }: FusedMatMulOptions = {}): Value {
    return this.node({
      op: "FusedMatMul",
      domain: "com.microsoft",
      inputs: [a, b],
      attributes: { transA: attr.int(transA), transB: attr.int(transB), alpha: attr.float(alpha) },
      outputs: (rule) => {
        const [left, right] = [transA ? swapped(rule, a) : a.shape, transB ? swapped(rule, b) : b.shape];
        return [{ type: sameType(rule, a, b), shape: matmulShape(rule, left, right) }];
      },
    })[0];
  }

  /** `x [N, C, spatial…]`, `weight [M, C / group, kernel…]`, `bias [M]` -> `[N, M, spatial…]`. */
  conv(x: Value, weight: Value, bias?: Value, options: ConvOptions = {}): Value {
    const { strides, pads, dilations, group = 1 } = options;
    return this.node({
      op: "Conv",
      inputs: [x, weight, bias],
      attributes: {
        strides: strides && attr.ints(strides),
        pads: pads && attr.ints(pads),
        dilations: dilations && attr.ints(dilations),
        group: attr.int(group),
        kernel_shape: attr.ints(weight.shape.slice(2).filter((dim) => typeof dim === "number")),
      },
      outputs: (rule) => {
        sameType(rule, x, weight);
        rule.rank("the weight", weight, x.shape.length);
        const [batch, channels, ...spatial] = x.shape;
        const [maps, depth, ...kernel] = weight.shape;
        if (batch === undefined || maps === undefined || spatial.length === 0) {
          throw rule.error({ what: "x has no spatial dimensions", expected: "[N, C, spatial…]" });
        }
        if (typeof depth === "number") rule.same("the channels of x and of the weight", depth * group, channels ?? 0);
        if (bias !== undefined) rule.shape("the bias", bias, [maps]);
        const rank = spatial.length;
        for (const [label, list, length] of [
          ["strides", strides, rank],
          ["pads", pads, 2 * rank],
          ["dilations", dilations, rank],
        ] as const) {
          if (list !== undefined)
            rule.same(`the number of ${label} and of what the spatial dimensions need`, length, list.length);
        }
        const lengths = spatial.map((dim, axis): Dim => {
          const size = kernel[axis];
          if (typeof dim === "string" || typeof size !== "number") return rule.unknown(`spatial${axis}`);
          const reach = (dilations?.[axis] ?? 1) * (size - 1) + 1;
          const padded = dim + (pads?.[axis] ?? 0) + (pads?.[axis + rank] ?? 0);
          if (padded < reach)
            throw rule.error({ what: "the kernel is larger than x", expected: `at most ${padded}`, got: `${reach}` });
          return Math.floor((padded - reach) / (strides?.[axis] ?? 1)) + 1;
        });
        return [{ type: x.type, shape: [batch, maps, ...lengths] }];
      },
    })[0];
  }
}

function sameType(rule: NodeRule, a: Value, b: Value): Value["type"] {
  rule.type("the second operand", b, a.type);
  return a.type;
}

function swapped(rule: NodeRule, x: Value): Shape {
  const [columns, rows] = [x.shape.at(-1), x.shape.at(-2)];
  if (columns === undefined || rows === undefined) {
    throw rule.error({ what: `"${x.name}" cannot be transposed`, expected: "two dimensions or more" });
  }
  return [...x.shape.slice(0, -2), columns, rows];
}

/** The shape of a product of matrices; a vector counts as a row on the left and as a column on the right. */
function matmulShape(rule: NodeRule, a: Shape, b: Shape): Shape {
  const [k, inner] = [a.at(-1), b.length === 1 ? b[0] : b.at(-2)];
  if (k === undefined || inner === undefined) {
    throw rule.error({ what: "a scalar cannot be multiplied as a matrix", expected: "one dimension or more" });
  }
  rule.same("the inner dimensions", k, inner);
  const rows = a.length === 1 ? [] : a.slice(-2, -1);
  const columns = b.length === 1 ? [] : b.slice(-1);
  return [...rule.broadcast(a.slice(0, -2), b.slice(0, -2)), ...rows, ...columns];
}
