import type { TextConfig } from "@internvl/config";
import { repeated, type TensorSpec, under } from "./spec.js";

/** What the shapes of a language model follow from. */
export interface TextTensorConfig
  extends Pick<
    TextConfig,
    | "head_dim"
    | "hidden_size"
    | "intermediate_size"
    | "model_type"
    | "num_attention_heads"
    | "num_hidden_layers"
    | "num_key_value_heads"
    | "vocab_size"
  > {
  /** InternLM2's. */
  readonly bias?: boolean;
}

/** By `model_type`, in OpenGVLab's original names. The output layer is absent where it is tied to the embedding. */
const TEXT_SPECS: Readonly<Record<TextConfig["model_type"], (config: TextTensorConfig) => TensorSpec[]>> = {
  qwen2: qwen2Specs,
  internlm2: internlm2Specs,
};

/** The tensors of a language model in the original format. */
export function textSpecs(config: TextTensorConfig): TensorSpec[] {
  return TEXT_SPECS[config.model_type](config);
}

function qwen2Specs(config: TextTensorConfig): TensorSpec[] {
  const { hidden_size: D, intermediate_size: I, vocab_size, head_dim, num_hidden_layers } = config;
  const queries = config.num_attention_heads * head_dim;
  const keys = config.num_key_value_heads * head_dim;
  const layer = (index: number): TensorSpec[] =>
    under(`language_model.model.layers.${index}`, {
      "input_layernorm.weight": [D],
      "self_attn.q_proj.weight": [queries, D],
      "self_attn.q_proj.bias": [queries],
      "self_attn.k_proj.weight": [keys, D],
      "self_attn.k_proj.bias": [keys],
      "self_attn.v_proj.weight": [keys, D],
      "self_attn.v_proj.bias": [keys],
      "self_attn.o_proj.weight": [D, queries],
      "post_attention_layernorm.weight": [D],
      "mlp.gate_proj.weight": [I, D],
      "mlp.up_proj.weight": [I, D],
      "mlp.down_proj.weight": [D, I],
    });
  return [
    { name: "language_model.model.embed_tokens.weight", shape: [vocab_size, D] },
    ...repeated(num_hidden_layers, layer),
    { name: "language_model.model.norm.weight", shape: [D] },
    { name: "language_model.lm_head.weight", shape: [vocab_size, D], optional: true },
  ];
}

/** Queries, keys and values are one matrix, grouped by key head. */
function internlm2Specs(config: TextTensorConfig): TensorSpec[] {
  const { hidden_size: D, intermediate_size: I, vocab_size, head_dim, num_hidden_layers, bias } = config;
  const queries = config.num_attention_heads * head_dim;
  const joined = queries + 2 * config.num_key_value_heads * head_dim;
  const layer = (index: number): TensorSpec[] =>
    under(`language_model.model.layers.${index}`, {
      "attention_norm.weight": [D],
      "attention.wqkv.weight": [joined, D],
      "attention.wo.weight": [D, queries],
      ...(bias && { "attention.wqkv.bias": [joined], "attention.wo.bias": [D] }),
      "ffn_norm.weight": [D],
      "feed_forward.w1.weight": [I, D],
      "feed_forward.w2.weight": [D, I],
      "feed_forward.w3.weight": [I, D],
    });
  return [
    { name: "language_model.model.tok_embeddings.weight", shape: [vocab_size, D] },
    ...repeated(num_hidden_layers, layer),
    { name: "language_model.model.norm.weight", shape: [D] },
    { name: "language_model.output.weight", shape: [vocab_size, D], optional: true },
  ];
}
