import type { InternVL2_5Config, Qwen2Config } from "@internvl/config";
import type { Value } from "@internvl/onnx";
import type { Layers } from "../layers/layers.js";

/** The graph `embed_tokens`: input_ids int64 `[batch, new]` -> inputs_embeds float32 `[batch, new, hidden]`. */
export function buildQwen2Embeddings(layers: Layers): void {
  const { g } = layers;
  const input_ids = g.input("input_ids", "int64", ["batch", "new"]);
  g.output(
    "inputs_embeds",
    layers.module("language_model.model", (model) => model.embedding(input_ids, "embed_tokens")),
  );
}

/** What all layers of one run share. */
interface Shared {
  config: Qwen2Config;
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
}

/**
 * The graph `decoder_model_merged`: Qwen2 (Yang et al. 2024, arXiv:2407.10671; Transformers' `modeling_qwen2.py`) over a
 * cache that it reads and never writes.
 *
 * | input | type and shape | |
 * |---|---|---|
 * | inputs_embeds | float32 `[batch, new, hidden]` | |
 * | position_ids | int64 `[batch, new]` | each token's row of the rotary tables |
 * | rotary_cos, rotary_sin | float32 `[positions, head_dim / 2]` | |
 * | past_mask | float32 `[batch, past]` | 0, or very negative for columns that must not be seen |
 * | new_mask | float32 `[batch, new, new]` | the same among the new tokens: causal |
 * | logits_to_keep | int64 `[1]` | the last N positions; 0 means all |
 * | past_key_values.N.key, .value | float32 `[batch, key heads, past, head_dim]` | may be longer than what is seen |
 *
 * | output | |
 * |---|---|
 * | logits | float32 `[batch, kept, vocabulary]` |
 * | new_key_values.N.key, .value | float32 `[batch, key heads, new, head_dim]`: the new tokens' rows only |
 */
export function buildQwen2Decoder(layers: Layers, { text_config: config }: InternVL2_5Config): void {
  const { g } = layers;
  const inputs_embeds = g.input("inputs_embeds", "float32", ["batch", "new", config.hidden_size]);
  const shared = sharedInputs(layers, config);
  const logits_to_keep = g.input("logits_to_keep", "int64", [1]);

  const last = layers.module("language_model.model", (model) => {
    let sum = inputs_embeds;
    let delta: Value | undefined;
    for (let index = 0; index < config.num_hidden_layers; index++) {
      ({ sum, delta } = model.module(`layers.${index}`, (layer) => decoderLayer(layer, index, sum, delta, shared)));
    }
    return addNorm(model, sum, delta, "norm", config).normed;
  });

  // -0 is 0, so that 0 means all.
  const tail = g.slice(last, { axis: 1, start: g.neg(logits_to_keep) });
  const kept = g.refine(tail, ["batch", "kept", config.hidden_size]);
  const isTied = !layers.has("language_model.lm_head.weight");
  g.output("logits", layers.linear(kept, isTied ? "language_model.model.embed_tokens" : "language_model.lm_head"));
}

function sharedInputs(layers: Layers, config: Qwen2Config): Shared {
  const { g } = layers;
  const half = config.head_dim / 2;
  const groups = config.num_attention_heads / config.num_key_value_heads;
  const position_ids = g.input("position_ids", "int64", ["batch", "new"]);
  const cos = g.input("rotary_cos", "float32", ["positions", half]);
  const sin = g.input("rotary_sin", "float32", ["positions", half]);
  const past_mask = g.input("past_mask", "float32", ["batch", "past"]);
  const new_mask = g.input("new_mask", "float32", ["batch", "new", "new"]);
  return {
    config,
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
  };
}

/**
 * A layer before normalisation. The residual sum travels as `sum + delta`, so that adding and normalising are one pass.
 */
function decoderLayer(layer: Layers, index: number, x: Value, delta: Value | undefined, shared: Shared) {
  const { config } = shared;
  const before = addNorm(layer, x, delta, "input_layernorm", config);
  const attended = layer.module("self_attn", (attn) => attention(attn, index, before.normed, shared));
  const middle = addNorm(layer, before.sum, attended, "post_attention_layernorm", config);
  return { sum: middle.sum, delta: layer.module("mlp", (mlp) => feedForward(mlp, middle.normed)) };
}

function addNorm(layer: Layers, x: Value, delta: Value | undefined, name: string, { rms_norm_eps }: Qwen2Config) {
  if (delta === undefined) return { sum: x, normed: layer.rmsNorm(x, name, rms_norm_eps) };
  return layer.addRmsNorm(x, delta, name, rms_norm_eps);
}

/**
 * Grouped-query attention over cached and new keys. Written out, because the fused operators return the whole cache:
 * two products of scores, one softmax over both, two products with the values.
 */
function attention(attn: Layers, index: number, x: Value, shared: Shared): Value {
  const { g } = attn;
  const { config, position_ids, cos, sin } = shared;
  const { num_attention_heads, num_key_value_heads, head_dim } = config;
  const rotated = (name: string) => g.rotaryEmbedding(attn.linear(x, name), position_ids, cos, sin);
  const heads = (states: Value, count: number) =>
    g.transpose(g.reshape(states, ["batch", "new", count, head_dim]), [0, 2, 1, 3]);

  const key = heads(rotated("k_proj"), num_key_value_heads);
  const value = heads(attn.linear(x, "v_proj"), num_key_value_heads);
  g.output(`new_key_values.${index}.key`, key);
  g.output(`new_key_values.${index}.value`, value);
  const cacheShape = ["batch", num_key_value_heads, "past", head_dim];
  const pastKey = g.input(`past_key_values.${index}.key`, "float32", cacheShape);
  const pastValue = g.input(`past_key_values.${index}.value`, "float32", cacheShape);

  // All queries that share a key head, one after the other: [batch, key heads, groups * new, head_dim].
  const query = g.reshape(heads(rotated("q_proj"), num_attention_heads), ["batch", num_key_value_heads, -1, head_dim]);
  const scale = { transB: true, alpha: 1 / Math.sqrt(head_dim) };
  const pastScores = g.add(g.fusedMatMul(query, pastKey, scale), shared.pastMask);
  const newScores = g.add(g.fusedMatMul(query, key, scale), shared.newMask);
  const weights = g.softmax(g.concat([pastScores, newScores], 3));
  const pastWeights = g.refine(g.slice(weights, { axis: 3, end: shared.pastLength }), pastScores.shape);
  const newWeights = g.refine(g.slice(weights, { axis: 3, start: shared.pastLength }), newScores.shape);
  const mixed = g.add(g.matmul(pastWeights, pastValue), g.matmul(newWeights, value));

  const joined = g.transpose(g.reshape(mixed, ["batch", num_attention_heads, "new", head_dim]), [0, 2, 1, 3]);
  return attn.linear(g.reshape(joined, ["batch", "new", num_attention_heads * head_dim]), "o_proj");
}

/** SwiGLU: `down(silu(gate(x)) * up(x))`. */
function feedForward(mlp: Layers, x: Value): Value {
  const { g } = mlp;
  const gate = g.quickGelu(mlp.linear(x, "gate_proj"), 1); // SiLU
  return mlp.linear(g.mul(gate, mlp.linear(x, "up_proj")), "down_proj");
}
