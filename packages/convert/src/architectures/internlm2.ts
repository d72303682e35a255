import type { InternLM2Config } from "@internvl/config";
import type { Value } from "@internvl/onnx";
import type { Layers } from "../layers/layers.js";
import { asHeads, cachedAttention, type DecoderInputs, decoderInputs, type Projections } from "./cached-attention.js";

/** The output layer; without one of its own a model is tied to its table of embeddings. */
export const INTERNLM2_HEAD = "language_model.output";
export const INTERNLM2_TABLE = "language_model.model.tok_embeddings";

/** The graph `embed_tokens`: input_ids int64 `[batch, new]` -> inputs_embeds float32 `[batch, new, hidden]`. */
export function buildInternLM2Embeddings(layers: Layers): void {
  const { g } = layers;
  const input_ids = g.input("input_ids", "int64", ["batch", "new"]);
  g.output("inputs_embeds", layers.embedding(input_ids, INTERNLM2_TABLE));
}

/** What all layers of one run share. */
interface Shared {
  config: InternLM2Config;
  inputs: DecoderInputs;
}

/**
 * The graph `decoder_model_merged`: InternLM2 (Cai et al. 2024, arXiv:2403.17297; OpenGVLab's `modeling_internlm2.py`)
 * over a cache that it reads and never writes. Inputs and outputs: see `DecoderInputs`. The dynamic scaling of its
 * rotary embedding is no part of the graph: it is in the tables that are fed.
 */
export function buildInternLM2Decoder(layers: Layers, config: InternLM2Config): void {
  const { g } = layers;
  const inputs_embeds = g.input("inputs_embeds", "float32", ["batch", "new", config.hidden_size]);
  const shared: Shared = { config, inputs: decoderInputs(g, config, layers.cache_dtype) };
  const logits_to_keep = g.input("logits_to_keep", "int64", [1]);

  const last = layers.module("language_model.model", (model) => {
    let sum = inputs_embeds;
    let delta: Value | undefined;
    for (let index = 0; index < config.num_hidden_layers; index++) {
      model.hiddenState(index, () => (delta === undefined ? sum : g.add(sum, delta)));
      ({ sum, delta } = model.module(`layers.${index}`, (layer) => decoderLayer(layer, index, sum, delta, shared)));
    }
    const { normed } = addNorm(model, sum, delta, "norm", config);
    model.hiddenState(config.num_hidden_layers, () => normed);
    return normed;
  });

  // -0 is 0, so that 0 means all.
  const tail = g.slice(last, { axis: 1, start: g.neg(logits_to_keep) });
  const kept = g.refine(tail, ["batch", "kept", config.hidden_size]);
  const isTied = !layers.has(`${INTERNLM2_HEAD}.weight`);
  g.output("logits", layers.linear(kept, isTied ? INTERNLM2_TABLE : INTERNLM2_HEAD));
}

/**
 * A layer before normalisation. The residual sum travels as `sum + delta`, so that adding and normalising are one pass.
 */
function decoderLayer(layer: Layers, index: number, x: Value, delta: Value | undefined, shared: Shared) {
  const { config } = shared;
  const before = addNorm(layer, x, delta, "attention_norm", config);
  const attended = layer.module("attention", (attn) => attention(attn, index, before.normed, shared));
  const middle = addNorm(layer, before.sum, attended, "ffn_norm", config);
  return { sum: middle.sum, delta: layer.module("feed_forward", (mlp) => feedForward(mlp, middle.normed)) };
}

function addNorm(layer: Layers, x: Value, delta: Value | undefined, name: string, { rms_norm_eps }: InternLM2Config) {
  if (delta === undefined) return { sum: x, normed: layer.rmsNorm(x, name, rms_norm_eps) };
  return layer.addRmsNorm(x, delta, name, rms_norm_eps);
}

/** One matrix for queries, keys and values. Both matrices may have a bias (`config.bias`). */
function attention(attn: Layers, index: number, x: Value, { config, inputs }: Shared): Value {
  const { g } = attn;
  const { query, key, value } = splitGroups(attn, attn.linear(x, "wqkv"), config);
  const rotated = (states: Value) => g.rotaryEmbedding(states, inputs.position_ids, inputs.cos, inputs.sin);
  const states = { query: rotated(query), key: rotated(key), value };
  return attn.linear(cachedAttention(g, index, states, inputs, config), "wo");
}

/**
 * `wqkv` gives, for one key head after the other: the queries that share it, the key, the value. So the middle axis of
 * `[batch, new, key heads, groups + 2, head_dim]` is cut, and the weights stay as they are.
 */
function splitGroups({ g }: Layers, states: Value, config: InternLM2Config): Projections {
  const { num_attention_heads, num_key_value_heads, head_dim } = config;
  const groups = num_attention_heads / num_key_value_heads;
  const grouped = g.reshape(states, ["batch", "new", num_key_value_heads, groups + 2, head_dim]);
  const [query, key, value] = g
    .split(grouped, 3, [groups, 1, 1])
    .map((part, index) => asHeads(g, part, index === 0 ? num_attention_heads : num_key_value_heads, head_dim)) as [
    Value,
    Value,
    Value,
  ];
  return { query, key, value };
}

/** SwiGLU: `w2(silu(w1(x)) * w3(x))`. */
function feedForward(mlp: Layers, x: Value): Value {
  const { g } = mlp;
  const gate = g.quickGelu(mlp.linear(x, "w1"), 1); // SiLU
  return mlp.linear(g.mul(gate, mlp.linear(x, "w3")), "w2");
}
