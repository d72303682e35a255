import type { InternVL2_5Config, InternVL2_5VisionConfig } from "@internvl/config";
import { repeated, type TensorSpec, under } from "./spec.js";
import { type TextTensorConfig, textSpecs } from "./text.js";

/** What the shapes of a checkpoint follow from: the fields of an `InternVL2_5Config` that matter here. */
export interface OriginalTensorConfig extends Pick<InternVL2_5Config, "downsample_ratio" | "force_image_size"> {
  readonly vision_config: Pick<
    InternVL2_5VisionConfig,
    | "hidden_size"
    | "image_size"
    | "intermediate_size"
    | "norm_type"
    | "num_channels"
    | "num_hidden_layers"
    | "patch_size"
    | "qk_normalization"
    | "qkv_bias"
  >;
  readonly text_config: TextTensorConfig;
}

export const POSITION_EMBEDDING_NAME = "vision_model.embeddings.position_embedding";

/**
 * Every tensor of OpenGVLab's original format: InternViT, `mlp1`, language model, in the shapes that `config` gives.
 *
 * @param positions patches a side of the position embeddings' grid. Default: those of a tile
 */
export function originalTensorSpecs(
  config: OriginalTensorConfig,
  positions: number = patchesOfTile(config),
): TensorSpec[] {
  return [...visionSpecs(config, positions), ...projectorSpecs(config), ...textSpecs(config.text_config)];
}

/** Patches a side of one tile. */
export function patchesOfTile({ vision_config, force_image_size }: OriginalTensorConfig): number {
  return (force_image_size ?? vision_config.image_size) / vision_config.patch_size;
}

/** InternViT: LayerNorm with biases (300M) or RMSNorm without (6B); q and k norms over the whole width (6B). */
function visionSpecs({ vision_config: vision }: OriginalTensorConfig, positions: number): TensorSpec[] {
  const { hidden_size: C, intermediate_size: I, num_channels, patch_size, num_hidden_layers } = vision;
  const hasNormBias = vision.norm_type === "layer_norm";
  const layer = (i: number): TensorSpec[] =>
    under(`vision_model.encoder.layers.${i}`, {
      "attn.qkv.weight": [3 * C, C],
      ...(vision.qkv_bias && { "attn.qkv.bias": [3 * C] }),
      ...(vision.qk_normalization && { "attn.q_norm.weight": [C], "attn.k_norm.weight": [C] }),
      "attn.proj.weight": [C, C],
      "attn.proj.bias": [C],
      "mlp.fc1.weight": [I, C],
      "mlp.fc1.bias": [I],
      "mlp.fc2.weight": [C, I],
      "mlp.fc2.bias": [C],
      "norm1.weight": [C],
      "norm2.weight": [C],
      ...(hasNormBias && { "norm1.bias": [C], "norm2.bias": [C] }),
      ls1: [C],
      ls2: [C],
    });
  return [
    { name: "vision_model.embeddings.class_embedding", shape: [1, 1, C] },
    { name: "vision_model.embeddings.patch_embedding.weight", shape: [C, num_channels, patch_size, patch_size] },
    { name: "vision_model.embeddings.patch_embedding.bias", shape: [C] },
    { name: POSITION_EMBEDDING_NAME, shape: [1, 1 + positions ** 2, C] },
    ...repeated(num_hidden_layers, layer),
  ];
}

/** `mlp1`: LayerNorm over the shuffled pixels, Linear, GELU, Linear. */
function projectorSpecs({ vision_config, text_config, downsample_ratio }: OriginalTensorConfig): TensorSpec[] {
  const shuffled = vision_config.hidden_size * Math.round(1 / downsample_ratio) ** 2;
  const D = text_config.hidden_size;
  return under("mlp1", {
    "0.weight": [shuffled],
    "0.bias": [shuffled],
    "1.weight": [D, shuffled],
    "1.bias": [D],
    "3.weight": [D, D],
    "3.bias": [D],
  });
}
