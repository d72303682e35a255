import type { Constraint, Definition } from "./base/definition.js";
import { flag, integer, nullable, oneOf, real, text, tokenId } from "./base/rules.js";
import * as limits from "./limits.js";
import { Qwen2Config } from "./qwen2.js";
import { TEXT_MODELS, type TextConfig } from "./text.js";
import { InternVL2_5VisionConfig } from "./vision.js";

/** A whole model: vision tower, projector, language model, and how pictures become tiles. */
export interface InternVL2_5ConfigFields {
  vision_config: InternVL2_5VisionConfig;
  text_config: TextConfig;
  /** Which hidden state of the vision tower is used; index 0 is the embeddings, -1 the last layer. */
  select_layer: number;
  /** The language model's; nothing else is allowed. */
  hidden_size: number;
  /** Pixels a side of a tile. `null`: the vision tower's `image_size`. */
  force_image_size: number | null;
  /** How much the pixel shuffle shortens each side of the grid of patches: 1, 1/2, 1/3, … */
  downsample_ratio: number;
  /** Whether pictures are cut into tiles. */
  dynamic_image_size: boolean;
  /** Whether a picture of several tiles is added once more as a whole. */
  use_thumbnail: boolean;
  /** `"v1"` leaves height and width swapped, `"v2"` swaps them back. */
  pixel_shuffle_version: "v1" | "v2";
  min_dynamic_patch: number;
  max_dynamic_patch: number;
  /** Always false, as in the port. Whether the language model is tied, `text_config.tie_word_embeddings` says. */
  tie_word_embeddings: boolean;
  /** Id of `<IMG_CONTEXT>`. Not in the original's files: there the tokenizer knows, and the default is Qwen2's. */
  image_token_id: number;
  /** Id of `<img>`. */
  image_start_token_id: number;
  /** Id of `</img>`. */
  image_end_token_id: number;
  /** The original's name of its conversation template, `"internvl2_5"`. */
  template: string | null;
}

/** Pixels a side of one tile. */
export function effectiveImageSize({
  force_image_size,
  vision_config,
}: Pick<InternVL2_5ConfigFields, "force_image_size" | "vision_config">): number {
  return force_image_size ?? vision_config.image_size;
}

const constraints: readonly Constraint<InternVL2_5ConfigFields>[] = [
  {
    fields: ["select_layer", "vision_config"],
    holds: ({ select_layer, vision_config: { num_hidden_layers: layers } }) =>
      -layers - 1 <= select_layer && select_layer <= layers,
    expected: ({ vision_config: { num_hidden_layers: layers } }) =>
      `an integer from ${-layers - 1} to ${layers} (the vision tower's ${layers} layers and its embeddings)`,
  },
  {
    fields: ["hidden_size", "text_config"],
    holds: ({ hidden_size, text_config }) => hidden_size === text_config.hidden_size,
    expected: ({ text_config }) => `the language model's hidden_size (${text_config.hidden_size})`,
  },
  {
    fields: ["force_image_size", "vision_config"],
    holds: (config) => effectiveImageSize(config) % config.vision_config.patch_size === 0,
    expected: ({ vision_config }) => `a multiple of the vision tower's patch_size (${vision_config.patch_size})`,
  },
  {
    fields: ["downsample_ratio"],
    holds: ({ downsample_ratio }) => Number.isInteger(1 / downsample_ratio),
    expected: () => "1 divided by an integer",
  },
  {
    fields: ["force_image_size", "downsample_ratio", "vision_config"],
    holds: (config) =>
      Number.isInteger((effectiveImageSize(config) / config.vision_config.patch_size) * config.downsample_ratio),
    path: ({ force_image_size }) =>
      force_image_size === null ? ["vision_config", "image_size"] : ["force_image_size"],
    expected: ({ downsample_ratio, vision_config: { patch_size } }) =>
      `a multiple of ${patch_size / downsample_ratio} (patch_size ${patch_size} / downsample_ratio ${downsample_ratio})`,
    got: effectiveImageSize,
  },
  {
    fields: ["min_dynamic_patch", "max_dynamic_patch"],
    holds: ({ min_dynamic_patch, max_dynamic_patch }) => min_dynamic_patch <= max_dynamic_patch,
    expected: ({ max_dynamic_patch }) => `at most max_dynamic_patch (${max_dynamic_patch})`,
  },
  {
    fields: ["tie_word_embeddings"],
    holds: ({ tie_word_embeddings }) => !tie_word_embeddings,
    expected: () => "false (text_config.tie_word_embeddings says whether the language model is tied)",
  },
];

export const INTERNVL2_5_DEFINITION: Definition<InternVL2_5ConfigFields> = {
  name: "InternVL2_5Config",
  fields: {
    vision_config: {
      default: new InternVL2_5VisionConfig(),
      expected: "an InternVL2_5VisionConfig or its fields",
      accepts: (value) => value instanceof InternVL2_5VisionConfig,
    },
    text_config: {
      default: new Qwen2Config(),
      expected: "a language model's configuration or its fields",
      accepts: (value) => TEXT_MODELS.some((model) => model.is(value)),
    },
    select_layer: integer(-1),
    hidden_size: {
      rule: nullable(integer(4096, limits.WIDTH)),
      derive: { from: ["text_config"], value: ({ text_config }) => text_config.hidden_size },
    },
    force_image_size: nullable(integer(448, limits.IMAGE_SIDE)),
    downsample_ratio: real(0.5, { ...limits.POSITIVE, max: 1 }),
    dynamic_image_size: flag(false),
    use_thumbnail: flag(false),
    pixel_shuffle_version: oneOf("v1", "v2"),
    min_dynamic_patch: integer(1, limits.TILES),
    max_dynamic_patch: integer(6, limits.TILES),
    tie_word_embeddings: flag(false),
    image_token_id: tokenId(151667),
    image_start_token_id: tokenId(151665),
    image_end_token_id: tokenId(151666),
    template: nullable(text("")),
  },
  constraints,
};
