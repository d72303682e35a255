import type { JsonObject, JsonValue } from "@internvl/core";
import { flattenRopeParameters, toBothRopeScalings, toRopeScaling } from "../rope.js";
import type { Dialect } from "./dialect.js";
import { isObject } from "./json.js";
import type { SectionMap } from "./section.js";

/** `[448, 448]`, and 448 where both sides are equal, as they are in every InternVL. */
const BOTH_SIDES = {
  read: (value: JsonValue): JsonValue =>
    Array.isArray(value) && value.length === 2 && value[0] === value[1] ? value[0]! : value,
  write: (value: JsonValue): JsonValue => [value, value],
};

/**
 * Qwen2's section. Written with `rope_theta` and `rope_scaling`, which Transformers 4 and 5 both read; 5's own form
 * (`rope_parameters`) is read here too, but 4.x would overlook it and compute with another base.
 */
const QWEN2: SectionMap = {
  model_type: "qwen2",
  architecture: "Qwen2ForCausalLM",
  fields: { rope_scaling: { read: toRopeScaling, write: toBothRopeScalings } },
  unusual: ["layer_types"],
  prepare: (json) => dropPlainLayerTypes(flattenRopeParameters(json)),
};

/** InternLM2 is a Llama there: its one matrix for queries, keys and values is cut into three. */
const INTERNLM2: SectionMap = {
  model_type: "llama",
  architecture: "LlamaForCausalLM",
  fields: {
    bias: { name: "attention_bias" },
    rope_scaling: { read: toRopeScaling, write: toBothRopeScalings },
  },
  // Llama's defaults, where they are not InternLM2's.
  assumed: { vocab_size: 32000, attention_bias: false, pad_token_id: null },
  constants: { attention_dropout: 0 },
  fixed: { mlp_bias: false },
  prepare: flattenRopeParameters,
};

/** The classes merged into Transformers (4.52 and later; `configuration_internvl.py`). */
export const TRANSFORMERS: Dialect = {
  name: "transformers",
  whole: {
    model_type: "internvl",
    architecture: "InternVLForConditionalGeneration",
    fields: {
      select_layer: { name: "vision_feature_layer" },
      force_image_size: { omit: (value, { vision_config }) => value === vision_config.image_size },
    },
    // What these classes do without asking; a file says it only where a checkpoint does otherwise.
    assumed: {
      dynamic_image_size: true,
      use_thumbnail: true,
      pixel_shuffle_version: "v2",
      max_dynamic_patch: 12,
      template: "internvl2_5",
    },
    unusual: [
      "hidden_size",
      "dynamic_image_size",
      "use_thumbnail",
      "pixel_shuffle_version",
      "min_dynamic_patch",
      "max_dynamic_patch",
      "template",
      "image_start_token_id",
      "image_end_token_id",
    ],
    fixed: { projector_hidden_act: "gelu", vision_feature_select_strategy: "default" },
    prepare: forceOwnImageSize,
  },
  vision_config: {
    model_type: "internvl_vision",
    fields: {
      qkv_bias: { name: "attention_bias" },
      qk_normalization: { name: "use_qk_norm" },
      image_size: BOTH_SIDES,
      patch_size: BOTH_SIDES,
    },
    unusual: ["drop_path_rate"],
    assumed: {
      attention_bias: false,
      use_qk_norm: false,
      hidden_size: 1024,
      num_hidden_layers: 24,
      num_attention_heads: 16,
      intermediate_size: 4096,
      norm_type: "layer_norm",
      image_size: 448,
    },
    constants: {
      hidden_dropout_prob: 0,
      projection_dropout: 0,
      layer_scale_init_value: 0.1,
      use_mask_token: false,
      use_mean_pooling: true,
    },
    fixed: { use_absolute_position_embeddings: true },
  },
  text_config: { qwen2: QWEN2, internlm2: INTERNLM2 },
  derived: {
    image_seq_length: ({ num_image_token }) => num_image_token,
    tie_word_embeddings: ({ text_config }) => text_config.tie_word_embeddings,
  },
  prepare: shareTie,
};

/**
 * Whether the output layer is tied stands at the top, in the language model's section, or in both; the classes go by the
 * top. Ours go by the section.
 */
function shareTie(json: JsonObject): JsonObject {
  const { tie_word_embeddings, ...rest } = json;
  const { text_config } = json;
  if (typeof tie_word_embeddings !== "boolean" || !isObject(text_config)) return rest;
  return { ...rest, text_config: { ...text_config, tie_word_embeddings } };
}

/** Pictures are cut into tiles of the vision tower's size, unless the file says otherwise. */
function forceOwnImageSize(json: JsonObject): JsonObject {
  const { vision_config } = json;
  if (json.force_image_size !== undefined || !isObject(vision_config)) return json;
  const size = BOTH_SIDES.read(vision_config.image_size ?? TRANSFORMERS.vision_config.assumed!.image_size!);
  return { ...json, force_image_size: size };
}

/** Transformers 5 spells out that every layer has full attention, which is the default. */
function dropPlainLayerTypes(json: JsonObject): JsonObject {
  const { layer_types, ...rest } = json;
  const isPlain = Array.isArray(layer_types) && layer_types.every((type) => type === "full_attention");
  return isPlain ? rest : json;
}
