/** The sizes of a checkpoint that a benchmark can be run on. */
export interface Shape {
  language: "qwen2" | "internlm2";
  vision: { hidden: number; layers: number; heads: number; intermediate: number; image: number };
  text: { hidden: number; layers: number; heads: number; keyValueHeads: number; intermediate: number };
  /** Entries of vocab.json or tokenizer.model, before the tokens that are added. */
  vocabulary: number;
}

/**
 * `1b` is InternVL2_5-1B: InternViT-300M-448px-V2_5 and Qwen2.5-0.5B. `2b` is InternVL2_5-2B: the same vision tower and
 * InternLM2.5-1.8B. `4b` is InternVL2_5-4B: the same and Qwen2.5-3B. `8b` has the sizes of InternVL2_5-8B, with its embedding of 92,553 x 4096, under Qwen2's names and not
 * InternLM2's. `tiny` is for trying things out.
 */
export const SHAPES = {
  "1b": {
    language: "qwen2",
    vision: { hidden: 1024, layers: 24, heads: 16, intermediate: 4096, image: 448 },
    text: { hidden: 896, layers: 24, heads: 14, keyValueHeads: 2, intermediate: 4864 },
    vocabulary: 151_643,
  },
  "2b": {
    language: "internlm2",
    vision: { hidden: 1024, layers: 24, heads: 16, intermediate: 4096, image: 448 },
    text: { hidden: 2048, layers: 24, heads: 16, keyValueHeads: 8, intermediate: 8192 },
    vocabulary: 92_544,
  },
  "4b": {
    language: "qwen2",
    vision: { hidden: 1024, layers: 24, heads: 16, intermediate: 4096, image: 448 },
    text: { hidden: 2048, layers: 36, heads: 16, keyValueHeads: 2, intermediate: 11_008 },
    vocabulary: 151_643,
  },
  "8b": {
    language: "qwen2",
    vision: { hidden: 1024, layers: 24, heads: 16, intermediate: 4096, image: 448 },
    text: { hidden: 4096, layers: 32, heads: 32, keyValueHeads: 8, intermediate: 14_336 },
    vocabulary: 92_522,
  },
  tiny: {
    language: "qwen2",
    vision: { hidden: 64, layers: 2, heads: 4, intermediate: 128, image: 112 },
    text: { hidden: 128, layers: 2, heads: 4, keyValueHeads: 2, intermediate: 256 },
    vocabulary: 400,
  },
} as const satisfies Record<string, Shape>;
export type ShapeName = keyof typeof SHAPES;

/** A shape with both networks cut to `layers`. */
export function cutShape(shape: Shape, layers: number | undefined): Shape {
  if (layers === undefined) return shape;
  return { ...shape, vision: { ...shape.vision, layers }, text: { ...shape.text, layers } };
}

/** config.json in the original's dialect. `endOfTurn` is the id of `<|im_end|>`. */
export function originalConfig(shape: Shape, vocab_size: number, endOfTurn: number): object {
  const { vision, text } = shape;
  return {
    architectures: ["InternVLChatModel"],
    model_type: "internvl_chat",
    downsample_ratio: 0.5,
    dynamic_image_size: true,
    force_image_size: vision.image,
    max_dynamic_patch: 12,
    min_dynamic_patch: 1,
    ps_version: "v2",
    select_layer: -1,
    template: "internvl2_5",
    use_thumbnail: true,
    torch_dtype: "bfloat16",
    vision_config: {
      model_type: "intern_vit_6b",
      hidden_size: vision.hidden,
      num_hidden_layers: vision.layers,
      num_attention_heads: vision.heads,
      intermediate_size: vision.intermediate,
      image_size: vision.image,
      patch_size: 14,
      num_channels: 3,
      norm_type: "layer_norm",
      layer_norm_eps: 1e-6,
      qk_normalization: false,
      qkv_bias: true,
      hidden_act: "gelu",
    },
    llm_config: {
      ...(shape.language === "qwen2" ? QWEN2 : INTERNLM2),
      hidden_size: text.hidden,
      num_hidden_layers: text.layers,
      num_attention_heads: text.heads,
      num_key_value_heads: text.keyValueHeads,
      intermediate_size: text.intermediate,
      vocab_size,
      hidden_act: "silu",
      rope_theta: 1_000_000,
      max_position_embeddings: 32_768,
      tie_word_embeddings: false,
      eos_token_id: endOfTurn,
    },
  };
}

const QWEN2 = {
  architectures: ["Qwen2ForCausalLM"],
  model_type: "qwen2",
  rms_norm_eps: 1e-6,
  rope_scaling: null,
  use_sliding_window: false,
};

const INTERNLM2 = {
  architectures: ["InternLM2ForCausalLM"],
  model_type: "internlm2",
  rms_norm_eps: 1e-5,
  rope_scaling: { type: "dynamic", factor: 2 },
  bias: false,
};
