import type { TextConfig } from "@internvl/config";

/**
 * How the rows of one matrix of the original are shared out among three of Transformers:
 *
 * - `thirds`: all queries, all keys, all values
 * - `groups`: for one key head after the other, the queries that share it, the key, the value (InternLM2's `wqkv`)
 */
export type RowSharing = "thirds" | "groups";

/** A tensor, or a module whose `weight` and `bias` are meant, in the original and in Transformers. `N` is a layer. */
export type NameRow =
  | readonly [original: string, transformers: string]
  | readonly [original: string, transformers: readonly [string, string, string], sharing: RowSharing];

const VIT = "vision_model.encoder.layers.N";
const TOWER = "vision_tower.encoder.layer.N";
const TOWER_ATTENTION = `${TOWER}.attention`;

/** InternViT (300M and 6B) and the projector. */
const VISION: readonly NameRow[] = [
  ["vision_model.embeddings.class_embedding", "vision_tower.embeddings.cls_token"],
  ["vision_model.embeddings.patch_embedding", "vision_tower.embeddings.patch_embeddings.projection"],
  ["vision_model.embeddings.position_embedding", "vision_tower.embeddings.position_embeddings"],
  [
    `${VIT}.attn.qkv`,
    [`${TOWER_ATTENTION}.q_proj`, `${TOWER_ATTENTION}.k_proj`, `${TOWER_ATTENTION}.v_proj`],
    "thirds",
  ],
  [`${VIT}.attn.q_norm`, `${TOWER_ATTENTION}.q_norm`],
  [`${VIT}.attn.k_norm`, `${TOWER_ATTENTION}.k_norm`],
  [`${VIT}.attn.proj`, `${TOWER_ATTENTION}.projection_layer`],
  [`${VIT}.mlp.fc1`, `${TOWER}.mlp.fc1`],
  [`${VIT}.mlp.fc2`, `${TOWER}.mlp.fc2`],
  [`${VIT}.norm1`, `${TOWER}.layernorm_before`],
  [`${VIT}.norm2`, `${TOWER}.layernorm_after`],
  [`${VIT}.ls1`, `${TOWER}.lambda_1`],
  [`${VIT}.ls2`, `${TOWER}.lambda_2`],
  ["mlp1.0", "multi_modal_projector.layer_norm"],
  ["mlp1.1", "multi_modal_projector.linear_1"],
  ["mlp1.3", "multi_modal_projector.linear_2"],
];

const LAYER = "language_model.model.layers.N";
const ATTENTION = `${LAYER}.self_attn`;

/** Qwen2 has the same names in both. */
const QWEN2: readonly NameRow[] = [
  "language_model.model.embed_tokens",
  `${LAYER}.input_layernorm`,
  `${ATTENTION}.q_proj`,
  `${ATTENTION}.k_proj`,
  `${ATTENTION}.v_proj`,
  `${ATTENTION}.o_proj`,
  `${LAYER}.post_attention_layernorm`,
  `${LAYER}.mlp.gate_proj`,
  `${LAYER}.mlp.up_proj`,
  `${LAYER}.mlp.down_proj`,
  "language_model.model.norm",
  "language_model.lm_head",
].map((name) => [name, name]);

/** InternLM2, which is a Llama in Transformers. */
const INTERNLM2: readonly NameRow[] = [
  ["language_model.model.tok_embeddings", "language_model.model.embed_tokens"],
  [`${LAYER}.attention_norm`, `${LAYER}.input_layernorm`],
  [`${LAYER}.attention.wqkv`, [`${ATTENTION}.q_proj`, `${ATTENTION}.k_proj`, `${ATTENTION}.v_proj`], "groups"],
  [`${LAYER}.attention.wo`, `${ATTENTION}.o_proj`],
  [`${LAYER}.ffn_norm`, `${LAYER}.post_attention_layernorm`],
  [`${LAYER}.feed_forward.w1`, `${LAYER}.mlp.gate_proj`],
  [`${LAYER}.feed_forward.w3`, `${LAYER}.mlp.up_proj`],
  [`${LAYER}.feed_forward.w2`, `${LAYER}.mlp.down_proj`],
  ["language_model.model.norm", "language_model.model.norm"],
  ["language_model.output", "language_model.lm_head"],
];

/**
 * The names of a whole model, by the `model_type` of its language model: OpenGVLab's original and, as files have them,
 * the merged classes of Transformers (`convert_internvl_weights_to_hf.py`). Used in both directions.
 */
export const NAME_TABLES: Readonly<Record<TextConfig["model_type"], readonly NameRow[]>> = {
  qwen2: [...VISION, ...QWEN2],
  internlm2: [...VISION, ...INTERNLM2],
};

/** Beginnings of names as the classes have them in memory, which some tools write, and as files have them. */
export const MEMORY_PREFIXES: readonly (readonly [memory: string, file: string])[] = [
  ["model.vision_tower.", "vision_tower."],
  ["model.multi_modal_projector.", "multi_modal_projector."],
  ["model.language_model.", "language_model.model."],
  ["lm_head.", "language_model.lm_head."],
];
