import { attr } from "../attributes.js";
import type { Value } from "../value.js";
import { AttentionOps } from "./attention.js";

export interface DynamicQuantizeMatMulOptions {
  /** Of `b`'s type: one (scalar or `[1]`) or one a column (`[N]`). Default 0. */
  b_zero_point?: Value;
  /** `[N]` */
  bias?: Value;
}

export interface MatMulNBitsOptions {
  K: number;
  N: number;
  /** Bits of a weight: 2, 4 or 8. */
  bits: number;
  /** Weights of one column that share a scale: a power of two from 16. The last block may be partly filled. */
  block_size: number;
  /** What the products are computed in: 0 as the input, 1 float32, 2 float16, 3 bfloat16, 4 int8. Default 0. */
  accuracy_level?: number;
  /** One for each block, packed as the weights are; default `2^(bits - 1)`. */
  zero_points?: Value;
  /** `[N]` */
  bias?: Value;
}

/** com.microsoft's products with quantised weights. */
export class QuantizedOps extends AttentionOps {
  /**
   * `a [..., K]` (float32) times `b [K, N]` (int8 or uint8). `a` is quantised to uint8 at run time, with one scale for
   * the whole tensor; `b_scale` is one scale (scalar or `[1]`) or one a column (`[N]`).
   */
  dynamicQuantizeMatMul(a: Value, b: Value, b_scale: Value, options: DynamicQuantizeMatMulOptions = {}): Value {
    const { b_zero_point, bias } = options;
    return this.node({
      op: "DynamicQuantizeMatMul",
      domain: "com.microsoft",
      inputs: [a, b, b_scale, b_zero_point, bias],
      outputs: (rule) => {
        rule.type("a", a, "float32");
        rule.type("b", b, "int8", "uint8");
        rule.rank("b", b, 2);
        const [k = 0, n = 0] = b.shape;
        rule.same("the inner dimensions", k, a.shape.at(-1) ?? 0);
        rule.type("b_scale", b_scale, "float32");
        rule.shape("b_scale", b_scale, [], [1], [n]);
        if (b_zero_point !== undefined) {
          rule.type("b_zero_point", b_zero_point, b.type);
          rule.shape("b_zero_point", b_zero_point, [], [1], [n]);
        }
        if (bias !== undefined) {
          rule.type("bias", bias, "float32");
          rule.shape("bias", bias, [n]);
        }
        return [{ type: a.type, shape: [...a.shape.slice(0, -1), n] }];
      },
    })[0];
  }

  /**
   * `a [..., K]` times a weight of `bits` bits: `b` is uint8 `[N, blocks, block_size * bits / 8]` (two 4-bit weights a
   * byte, the lower half first), `scales` one number a block, `[N, blocks]` or flat.
   */
  matMulNBits(a: Value, b: Value, scales: Value, options: MatMulNBitsOptions): Value {
    const { K, N, bits, block_size, accuracy_level = 0, zero_points, bias } = options;
    return this.node({
      op: "MatMulNBits",
      domain: "com.microsoft",
      inputs: [a, b, scales, zero_points, undefined, bias],
      attributes: {
        K: attr.int(K),
        N: attr.int(N),
        bits: attr.int(bits),
        block_size: attr.int(block_size),
        accuracy_level: attr.int(accuracy_level),
      },
      outputs: (rule) => {
        if (![2, 4, 8].includes(bits))
          throw rule.error({ what: "bits do not fit", expected: "2, 4 or 8", got: `${bits}` });
        if (block_size < 16 || !Number.isInteger(Math.log2(block_size))) {
          throw rule.error({
            what: "block_size does not fit",
            expected: "a power of two from 16",
            got: `${block_size}`,
          });
        }
        const blocks = Math.ceil(K / block_size);
        rule.type("a", a, "float32", "float16");
        rule.same("the inner dimensions", K, a.shape.at(-1) ?? 0);
        rule.type("b", b, "uint8");
        rule.shape("b", b, [N, blocks, (block_size * bits) / 8]);
        rule.type("scales", scales, a.type);
        rule.shape("scales", scales, [N, blocks], [N * blocks]);
        if (zero_points !== undefined) {
          const packed = Math.ceil((blocks * bits) / 8);
          const row = zero_points.type === "uint8" ? packed : blocks;
          rule.type("zero_points", zero_points, "uint8", a.type);
          rule.shape("zero_points", zero_points, [N, row], [N * row]);
        }
        if (bias !== undefined) {
          rule.type("bias", bias, a.type);
          rule.shape("bias", bias, [N]);
        }
        return [{ type: a.type, shape: [...a.shape.slice(0, -1), N] }];
      },
    })[0];
  }
}
