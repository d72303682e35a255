import type { InternVL2_5Config, InternVL2_5VisionConfig } from "@internvl/config";
import { InternVLError } from "@internvl/core";
import { expectTensors } from "./expect.js";
import { repeated, type TensorSpec, under } from "./spec.js";
import type { TensorSource } from "./tensor.js";
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

const POSITION_EMBEDDING_NAME = "vision_model.embeddings.position_embedding";

/** Every tensor of OpenGVLab's original format: InternViT, `mlp1`, language model, in the shapes that `config` gives. */
export function originalTensorSpecs(config: OriginalTensorConfig): TensorSpec[] {
  return [...visionSpecs(config), ...projectorSpecs(config), ...textSpecs(config.text_config)];
}

/** InternViT: LayerNorm with biases (300M) or RMSNorm without (6B); q and k norms over the whole width (6B). */
function visionSpecs({ vision_config: vision, force_image_size }: OriginalTensorConfig): TensorSpec[] {
  const { hidden_size: C, intermediate_size: I, num_channels, patch_size, num_hidden_layers } = vision;
  const hasNormBias = vision.norm_type === "layer_norm";
  const positions = ((force_image_size ?? vision.image_size) / patch_size) ** 2;
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
    { name: POSITION_EMBEDDING_NAME, shape: [1, 1 + positions, C] },
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

/**
 * Checks that a checkpoint is the one that `config` describes, in the original format.
 *
 * @throws InternVLError `CHECKPOINT_INVALID` as `expectTensors` does; `UNSUPPORTED` for position embeddings of another
 *   image size
 */
export function expectOriginalTensors(checkpoint: TensorSource, config: OriginalTensorConfig): void {
  expectPositionEmbedding(checkpoint, config);
  expectTensors(checkpoint, originalTensorSpecs(config));
}

/** A grid of another size is no defect: the original code would resize it, which is not done here yet. */
function expectPositionEmbedding(checkpoint: TensorSource, config: OriginalTensorConfig): void {
  if (!checkpoint.has(POSITION_EMBEDDING_NAME)) return;
  const { shape } = checkpoint.get(POSITION_EMBEDDING_NAME);
  const { hidden_size, image_size, patch_size } = config.vision_config;
  const side = Math.sqrt((shape[1] ?? 0) - 1);
  const isGrid = shape.length === 3 && shape[0] === 1 && shape[2] === hidden_size && Number.isInteger(side);
  const expected = config.force_image_size ?? image_size;
  if (!isGrid || side * patch_size === expected) return;
  throw new InternVLError("UNSUPPORTED", {
    what: `The position embeddings of ${checkpoint.name} are of another image size`,
    expected: `${expected} x ${expected} pixels, as config.json says`,
    got: `${side * patch_size} x ${side * patch_size}`,
    fix: `Set force_image_size in config.json to ${side * patch_size}.`,
  });
}
