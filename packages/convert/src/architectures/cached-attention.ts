import type { CacheDtype } from "@internvl/config";
import type { GraphBuilder, Value } from "@internvl/onnx";

/** What attention over the cache must know of a language model. */
interface HeadShape {
  readonly num_attention_heads: number;
  readonly num_key_value_heads: number;
  readonly head_dim: number;
}

/**
 * What all layers of a `decoder_model_merged` share. Its inputs and outputs are the same for every language model:
 *
 * | input | type and shape | |
 * |---|---|---|
 * | inputs_embeds | float32 `[batch, new, hidden]` | |
 * | position_ids | int64 `[batch, new]` | each token's row of the rotary tables |
 * | rotary_cos, rotary_sin | float32 `[positions, head_dim / 2]` | |
 * | past_mask | float32 `[batch, past]` | 0, or very negative for columns that must not be seen |
 * | new_mask | float32 `[batch, new, new]` | the same among the new tokens: causal |
 * | logits_to_keep | int64 `[1]` | the last N positions; 0 means all |
 * | past_key_values.N.key, .value | float32 or float16 `[batch, key heads, past, head_dim]` | may be longer than what is seen |
 *
 * | output | |
 * |---|---|
 * | logits | float32 `[batch, kept, vocabulary]` |
 * | new_key_values.N.key, .value | as the past, `[batch, key heads, new, head_dim]`: the new tokens' rows only |
 * | hidden_states.N | float32 `[batch, new, hidden]`, where asked for: what layer N reads; the last one is normalised |
 */
export interface DecoderInputs {
  /** int64 `[batch, new]`: the row of `cos` and `sin` of each token. */
  position_ids: Value;
  cos: Value;
  sin: Value;
  /** float32 `[batch, 1, 1, past]`, added to the scores of the cached keys. */
  pastMask: Value;
  /** float32 `[batch, 1, groups * new, new]`, added to the scores of the new keys. */
  newMask: Value;
  /** int64 `[1]`: how many cached keys there are. */
  pastLength: Value;
  /** What keys and values are stored in. */
  cache_dtype: CacheDtype;
}

/** Declares the inputs that all layers share. */
export function decoderInputs(g: GraphBuilder, config: HeadShape, cache_dtype: CacheDtype): DecoderInputs {
  const half = config.head_dim / 2;
  const groups = config.num_attention_heads / config.num_key_value_heads;
  const position_ids = g.input("position_ids", "int64", ["batch", "new"]);
  const cos = g.input("rotary_cos", "float32", ["positions", half]);
  const sin = g.input("rotary_sin", "float32", ["positions", half]);
  const past_mask = g.input("past_mask", "float32", ["batch", "past"]);
  const new_mask = g.input("new_mask", "float32", ["batch", "new", "new"]);
  return {
    position_ids,
    cos,
    sin,
    pastMask: g.unsqueeze(past_mask, [1, 2]),
    // The queries of a group stand one after the other along one axis, and each needs its mask.
    newMask: g.unsqueeze(
      g.concat(
        Array.from({ length: groups }, () => new_mask),
        1,
      ),
      [1],
    ),
    pastLength: g.dim(past_mask, 1),
    cache_dtype,
  };
}

/** Rotated queries and keys, and values, each `[batch, heads, new, head_dim]`. */
export interface Projections {
  query: Value;
  key: Value;
  value: Value;
}

/** Heads that lie side by side, `[batch, new, count * head_dim]` -> `[batch, count, new, head_dim]`. */
export function asHeads(g: GraphBuilder, x: Value, count: number, head_dim: number): Value {
  return g.transpose(g.reshape(x, ["batch", "new", count, head_dim]), [0, 2, 1, 3]);
}

/**
 * Grouped-query attention of layer `index` over cached and new keys -> `[batch, new, heads * head_dim]`. Query heads
 * that share a key head follow each other. Written out, because the fused operators return the whole cache: two
 * products of scores, one softmax over both, two products with the values.
 */
export function cachedAttention(
  g: GraphBuilder,
  index: number,
  states: Projections,
  inputs: DecoderInputs,
  { num_attention_heads, num_key_value_heads, head_dim }: HeadShape,
): Value {
  const cacheShape = ["batch", num_key_value_heads, "past", head_dim];
  const inFloat16 = inputs.cache_dtype === "float16";
  const cached = (name: "key" | "value") => {
    const stored = inFloat16 ? g.cast(states[name], "float16") : states[name];
    g.output(`new_key_values.${index}.${name}`, stored);
    const past = g.input(`past_key_values.${index}.${name}`, inputs.cache_dtype, cacheShape);
    // What is new counts as rounded already, so that tokens do not depend on the pieces in which they are read.
    return inFloat16 ? [g.cast(past, "float32"), g.cast(stored, "float32")] : [past, stored];
  };
  const [pastKey, key] = cached("key") as [Value, Value];
  const [pastValue, value] = cached("value") as [Value, Value];

  // All queries that share a key head, one after the other: [batch, key heads, groups * new, head_dim].
  const query = g.reshape(states.query, ["batch", num_key_value_heads, -1, head_dim]);
  const scale = { transB: true, alpha: 1 / Math.sqrt(head_dim) };
  const pastScores = g.add(g.fusedMatMul(query, pastKey, scale), inputs.pastMask);
  const newScores = g.add(g.fusedMatMul(query, key, scale), inputs.newMask);
  const weights = g.softmax(g.concat([pastScores, newScores], 3));
  const pastWeights = g.refine(g.slice(weights, { axis: 3, end: inputs.pastLength }), pastScores.shape);
  const newWeights = g.refine(g.slice(weights, { axis: 3, start: inputs.pastLength }), newScores.shape);
  const mixed = g.add(g.matmul(pastWeights, pastValue), g.matmul(newWeights, value));

  const joined = g.transpose(g.reshape(mixed, ["batch", num_attention_heads, "new", head_dim]), [0, 2, 1, 3]);
  return g.reshape(joined, ["batch", "new", num_attention_heads * head_dim]);
}
