import { attr } from "../attributes.js";
import type { NodeRule } from "../rule.js";
import type { Value } from "../value.js";
import { ShapeOps } from "./shape.js";

export interface NormalizationOptions {
  /** Added to the variance (or the mean square). Default 1e-5, ONNX's. */
  epsilon?: number;
}

/** Softmax, the norms and means. */
export class NormalizationOps extends ShapeOps {
  softmax(x: Value, axis: number = -1): Value {
    return this.node({
      op: "Softmax",
      inputs: [x],
      attributes: { axis: attr.int(axis) },
      outputs: (rule) => {
        rule.type("x", x, "float32", "float16", "bfloat16");
        rule.axis(axis, x.shape.length);
        return [{ type: x.type, shape: x.shape }];
      },
    })[0];
  }

  /** `(x - mean) / sqrt(variance + epsilon) * scale + bias` over the last dimension; `scale` and `bias` are `[D]`. */
  layerNormalization(x: Value, scale: Value, bias?: Value, { epsilon = 1e-5 }: NormalizationOptions = {}): Value {
    return this.node({
      op: "LayerNormalization",
      inputs: [x, scale, bias],
      attributes: { axis: attr.int(-1), epsilon: attr.float(epsilon) },
      outputs: (rule) => {
        assertNormalizes(rule, x, scale);
        if (bias !== undefined) assertNormalizes(rule, x, bias);
        return [{ type: x.type, shape: x.shape }];
      },
    })[0];
  }

  /**
   * RMSNorm: `x / sqrt(mean(x²) + epsilon) * scale` over the last dimension; `scale` is `[D]`. The op is
   * onnxruntime's, though it is registered under ONNX's own domain.
   */
  simplifiedLayerNormalization(x: Value, scale: Value, { epsilon = 1e-5 }: NormalizationOptions = {}): Value {
    return this.node({
      op: "SimplifiedLayerNormalization",
      inputs: [x, scale],
      attributes: { axis: attr.int(-1), epsilon: attr.float(epsilon) },
      outputs: (rule) => {
        assertNormalizes(rule, x, scale);
        return [{ type: x.type, shape: x.shape }];
      },
    })[0];
  }

  /**
   * com.microsoft: a residual sum and its RMSNorm in one pass. `x` and `skip` `[B, S, D]`, `scale` `[D]`.
   *
   * @returns the normalised sum, and the sum `x + skip` itself for the next residual
   */
  skipSimplifiedLayerNormalization(
    x: Value,
    skip: Value,
    scale: Value,
    { epsilon = 1e-5 }: NormalizationOptions = {},
  ): [normalized: Value, sum: Value] {
    const [normalized, , , sum] = this.node({
      op: "SkipSimplifiedLayerNormalization",
      domain: "com.microsoft",
      inputs: [x, skip, scale],
      attributes: { epsilon: attr.float(epsilon) },
      outputs: (rule) => {
        rule.rank("x", x, 2, 3);
        rule.type("skip", skip, x.type);
        rule.shape("skip", skip, x.shape);
        assertNormalizes(rule, x, scale);
        const like = { type: x.type, shape: x.shape };
        return [like, undefined, undefined, like];
      },
    });
    return [normalized, sum];
  }

  /** The mean over `axes`, which stay with length 1 when `keepDims` is true (the default). */
  reduceMean(x: Value, axes: readonly number[], keepDims: boolean = true): Value {
    return this.#reduce("ReduceMean", x, axes, keepDims);
  }

  /** The sum over `axes`, which stay with length 1 when `keepDims` is true (the default). */
  reduceSum(x: Value, axes: readonly number[], keepDims: boolean = true): Value {
    return this.#reduce("ReduceSum", x, axes, keepDims);
  }

  #reduce(op: string, x: Value, axes: readonly number[], keepDims: boolean): Value {
    return this.node({
      op,
      inputs: [x, this.ints(axes)],
      attributes: { keepdims: attr.int(keepDims) },
      outputs: (rule) => {
        const reduced = new Set(axes.map((axis) => rule.axis(axis, x.shape.length)));
        const shape = x.shape.flatMap((dim, axis) => (!reduced.has(axis) ? [dim] : keepDims ? [1] : []));
        return [{ type: x.type, shape }];
      },
    })[0];
  }
}

/** Scale and bias of a norm go over the last dimension of `x`. */
function assertNormalizes(rule: NodeRule, x: Value, weight: Value): void {
  const width = x.shape.at(-1);
  if (width === undefined)
    throw rule.error({ what: "a scalar cannot be normalised", expected: "one dimension or more" });
  rule.type("a weight", weight, x.type);
  rule.shape("a weight", weight, [width]);
}
