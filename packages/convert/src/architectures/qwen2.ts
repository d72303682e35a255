import type { Qwen2Config } from "@internvl/config";
import type { Value } from "@internvl/onnx";
import type { TensorSource } from "../checkpoint/index.js";
import type { Layers } from "../layers/layers.js";
import { asHeads, cachedAttention, type DecoderInputs, decoderInputs } from "./cached-attention.js";
import { type JoinedLinear, withJoinedLinears } from "./joined-linears.js";

/** The output layer; without one of its own a model is tied to its table of embeddings. */
export const QWEN2_HEAD = "language_model.lm_head";
export const QWEN2_TABLE = "language_model.model.embed_tokens";

/** The graph `embed_tokens`: input_ids int64 `[batch, new]` -> inputs_embeds float32 `[batch, new, hidden]`. */
export function buildQwen2Embeddings(layers: Layers): void {
  const { g } = layers;
  const input_ids = g.input("input_ids", "int64", ["batch", "new"]);
  g.output("inputs_embeds", layers.embedding(input_ids, QWEN2_TABLE));
}

/**
 * Computed as one: a decode step has fewer operators, and their input is rounded to 8 bits once. Not so `gate_proj` and
 * `up_proj`, whose product would have to be cut in two again: that copy cost more than it saved.
 */
const QKV: JoinedLinear = { joined: "qkv_proj", parts: ["q_proj", "k_proj", "v_proj"] };

/** The checkpoint with the matrices that `buildQwen2Decoder` asks for. */
export function withQwen2Joined(checkpoint: TensorSource, { num_hidden_layers }: Qwen2Config): TensorSource {
  const modules = Array.from({ length: num_hidden_layers }, (_, i) => `language_model.model.layers.${i}.self_attn`);
  return withJoinedLinears(checkpoint, modules, QKV);
}

/** What all layers of one run share. */
interface Shared {
  config: Qwen2Config;
  inputs: DecoderInputs;
}

/**
 * The graph `decoder_model_merged`: Qwen2 (Yang et al. 2024, arXiv:2407.10671; Transformers' `modeling_qwen2.py`) over a
 * cache that it reads and never writes. Inputs and outputs: see `DecoderInputs`.
 */
export function buildQwen2Decoder(layers: Layers, config: Qwen2Config): void {
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
  const isTied = !layers.has(`${QWEN2_HEAD}.weight`);
  g.output("logits", layers.linear(kept, isTied ? QWEN2_TABLE : QWEN2_HEAD));
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

/** Queries, keys and values out of one product, each with a bias; the output has none. */
function attention(attn: Layers, index: number, x: Value, { config, inputs }: Shared): Value {
  const { g } = attn;
  const { num_attention_heads, num_key_value_heads, head_dim } = config;
  const turned = num_attention_heads + num_key_value_heads;
  const heads = asHeads(g, attn.linear(x, QKV.joined), turned + num_key_value_heads, head_dim);
  const [turning, value] = g.split(heads, 1, [turned, num_key_value_heads]);
  const rotated = g.rotaryEmbedding(turning!, inputs.position_ids, inputs.cos, inputs.sin);
  const [query, key] = g.split(rotated, 1, [num_attention_heads, num_key_value_heads]);
  const states = { query: query!, key: key!, value: value! };
  return attn.linear(cachedAttention(g, index, states, inputs, config), "o_proj");
}

/** SwiGLU: `down(silu(gate(x)) * up(x))`. */
function feedForward(mlp: Layers, x: Value): Value {
  const { g } = mlp;
  const gate = g.quickGelu(mlp.linear(x, "gate_proj"), 1); // SiLU
  return mlp.linear(g.mul(gate, mlp.linear(x, "up_proj")), "down_proj");
}
