import { attr } from "../attributes.js";
import { addDims, type Dim } from "../dims.js";
import type { OutputSpec } from "../graph.js";
import type { NodeRule } from "../rule.js";
import type { Value } from "../value.js";
import { NormalizationOps } from "./normalization.js";

export interface RotaryEmbeddingOptions {
  /** Pairs are neighbours (`x0 x1`, `x2 x3`, …) instead of halves (`x0 x(d/2)`, …). Default false. */
  interleaved?: boolean;
}

export interface MultiHeadAttentionOptions {
  num_heads: number;
  /** Default `1 / sqrt(head size)`. */
  scale?: number;
  /** Added to the scores, broadcast to `[B, heads, S, L]`. */
  attention_bias?: Value;
  /** A token sees itself and those before it. Default false. */
  unidirectional?: boolean;
}

export interface GroupQueryAttentionOptions {
  num_heads: number;
  kv_num_heads: number;
  /** Default `1 / sqrt(head size)`. */
  scale?: number;
  /** Added to the scores: `[B or 1, heads or 1, S, total]`. */
  attention_bias?: Value;
  /** Rotates queries and keys inside the op: tables `[positions, d / 2]`. */
  rotary?: { cos: Value; sin: Value; position_ids?: Value; interleaved?: boolean };
  /** Each token sees this many before it. Default: all. */
  local_window_size?: number;
}

/** Keys and values of the tokens so far, and how long each row is. */
export interface GroupQueryAttentionCache {
  /** `[B, kv heads, P, d]` */
  past_key: Value;
  /** `[B, kv heads, P, d]` */
  past_value: Value;
  /** The length of each row with the new tokens, less 1: int32 `[B]`. */
  seqlens_k: Value;
  /** The length of the longest row with the new tokens: int32 scalar or `[1]`. */
  total_sequence_length: Value;
}

/** com.microsoft's fused attention. */
export class AttentionOps extends NormalizationOps {
  /**
   * Rotary position embedding. `x` is `[B, S, heads * d]` or `[B, heads, S, d]`, `position_ids` int64 `[B, S]` (or
   * `[1]`: the position of the first token of every row), `cos` and `sin` `[positions, d / 2]`.
   */
  rotaryEmbedding(x: Value, position_ids: Value, cos: Value, sin: Value, options: RotaryEmbeddingOptions = {}): Value {
    return this.node({
      op: "RotaryEmbedding",
      domain: "com.microsoft",
      inputs: [x, position_ids, cos, sin],
      attributes: { interleaved: attr.int(options.interleaved ?? false) },
      outputs: (rule) => {
        rule.rank("x", x, 3, 4);
        rule.type("position_ids", position_ids, "int64");
        const tokens = x.shape.at(x.shape.length === 3 ? 1 : 2) ?? 0;
        rule.shape("position_ids", position_ids, [x.shape[0] ?? 0, tokens], [1]);
        assertTables(rule, x, cos, sin);
        const [width, half] = [x.shape.at(-1), cos.shape[1]];
        if (typeof width === "number" && typeof half === "number") {
          const fits = x.shape.length === 4 ? width === 2 * half : width % (2 * half) === 0;
          if (!fits) {
            const expected = x.shape.length === 4 ? `${2 * half}` : `a multiple of ${2 * half}`;
            throw rule.error({ what: "the last dimension of x does not fit the tables", expected, got: `${width}` });
          }
        }
        return [{ type: x.type, shape: x.shape }];
      },
    })[0];
  }

  /** Attention over heads laid side by side: `q [B, S, D]`, `k [B, L, D]`, `v [B, L, Dv]` -> `[B, S, Dv]`. */
  multiHeadAttention(q: Value, k: Value, v: Value, options: MultiHeadAttentionOptions): Value {
    const { num_heads, scale, attention_bias, unidirectional } = options;
    return this.node({
      op: "MultiHeadAttention",
      domain: "com.microsoft",
      inputs: [q, k, v, undefined, undefined, attention_bias],
      attributes: {
        num_heads: attr.int(num_heads),
        scale: scale === undefined ? undefined : attr.float(scale),
        unidirectional: unidirectional === undefined ? undefined : attr.int(unidirectional),
      },
      outputs: (rule) => {
        const [batch, tokens, width] = threeDims(rule, "q", q);
        const length = threeDims(rule, "k", k)[1];
        const valueWidth = threeDims(rule, "v", v)[2];
        rule.type("k", k, q.type);
        rule.type("v", v, q.type);
        rule.shape("k", k, [batch, length, width]);
        rule.shape("v", v, [batch, length, valueWidth]);
        assertDivides(rule, "num_heads", num_heads, width);
        assertDivides(rule, "num_heads", num_heads, valueWidth);
        if (attention_bias !== undefined) assertBias(rule, attention_bias, [batch, num_heads, tokens, length]);
        return [{ type: q.type, shape: [batch, tokens, valueWidth] }];
      },
    })[0];
  }

  /**
   * Causal attention of a language model with its cache: `q [B, S, heads * d]`, `k` and `v` `[B, S, kv heads * d]`.
   * Rows are padded on the right; the cache's `P` grows to `P + S`. With several rows and a cache that is not empty,
   * onnxruntime 1.30 takes one new token at a time.
   *
   * @returns the attention `[B, S, heads * d]`, and the cache with the new tokens, `[B, kv heads, P + S, d]`
   */
  groupQueryAttention(
    q: Value,
    k: Value,
    v: Value,
    cache: GroupQueryAttentionCache,
    options: GroupQueryAttentionOptions,
  ): [attention: Value, present_key: Value, present_value: Value] {
    const { num_heads, kv_num_heads, scale, attention_bias, rotary, local_window_size } = options;
    const { past_key, past_value, seqlens_k, total_sequence_length } = cache;
    return this.node({
      op: "GroupQueryAttention",
      domain: "com.microsoft",
      inputs: [
        ...[q, k, v, past_key, past_value, seqlens_k, total_sequence_length],
        ...[rotary?.cos, rotary?.sin, rotary?.position_ids, attention_bias],
      ],
      attributes: {
        num_heads: attr.int(num_heads),
        kv_num_heads: attr.int(kv_num_heads),
        scale: scale === undefined ? undefined : attr.float(scale),
        do_rotary: rotary && attr.int(1),
        rotary_interleaved: rotary?.interleaved === undefined ? undefined : attr.int(rotary.interleaved),
        local_window_size: local_window_size === undefined ? undefined : attr.int(local_window_size),
      },
      outputs: (rule): [OutputSpec, OutputSpec, OutputSpec] => {
        const [batch, tokens, width] = threeDims(rule, "q", q);
        const headSize = assertDivides(rule, "num_heads", num_heads, width);
        assertDivides(rule, "kv_num_heads", kv_num_heads, num_heads);
        // onnxruntime's kernel works in steps of 8 and refuses other head sizes when it runs.
        if (headSize % 8 !== 0) {
          throw rule.error({ what: "the head size does not fit", expected: "a multiple of 8", got: `${headSize}` });
        }
        for (const [label, x] of [
          ["k", k],
          ["v", v],
        ] as const) {
          rule.type(label, x, q.type);
          rule.shape(label, x, [batch, tokens, headSize * kv_num_heads]);
        }
        const length = past_key.shape[2] ?? 0;
        for (const [label, x] of [
          ["past_key", past_key],
          ["past_value", past_value],
        ] as const) {
          rule.type(label, x, q.type);
          rule.shape(label, x, [batch, kv_num_heads, length, headSize]);
        }
        rule.type("seqlens_k", seqlens_k, "int32");
        rule.shape("seqlens_k", seqlens_k, [batch], [batch, 1]);
        rule.type("total_sequence_length", total_sequence_length, "int32");
        rule.shape("total_sequence_length", total_sequence_length, [], [1]);
        if (rotary !== undefined) assertTables(rule, q, rotary.cos, rotary.sin);
        const total = addDims(length, tokens);
        if (attention_bias !== undefined) assertBias(rule, attention_bias, [batch, num_heads, tokens, total]);
        const present = { type: q.type, shape: [batch, kv_num_heads, total, headSize] };
        return [{ type: q.type, shape: [batch, tokens, width] }, present, present];
      },
    });
  }
}

function threeDims(rule: NodeRule, label: string, x: Value): [Dim, Dim, Dim] {
  const [batch, tokens, width] = x.shape;
  rule.rank(label, x, 3);
  return [batch ?? 0, tokens ?? 0, width ?? 0];
}

/** The size of one of `parts` equal parts of `whole`. */
function assertDivides(rule: NodeRule, label: string, parts: number, whole: Dim): number {
  if (typeof whole === "number" && whole % parts === 0) return whole / parts;
  throw rule.error({ what: `${label} does not fit`, expected: `a divisor of ${whole}`, got: String(parts) });
}

function assertTables(rule: NodeRule, x: Value, cos: Value, sin: Value): void {
  for (const [label, table] of [
    ["cos", cos],
    ["sin", sin],
  ] as const) {
    rule.type(label, table, x.type);
    rule.rank(label, table, 2);
  }
  rule.shape("sin", sin, cos.shape);
}

/** The bias of the scores: each dimension is the score's own or 1. */
function assertBias(rule: NodeRule, bias: Value, scores: readonly Dim[]): void {
  rule.rank("attention_bias", bias, 4);
  rule.shape(
    "attention_bias",
    bias,
    scores.map((dim, axis) => (axis < 2 && bias.shape[axis] === 1 ? 1 : dim)),
  );
}
