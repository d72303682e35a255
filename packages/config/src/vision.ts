import type { JsonObject, ModelFiles, PretrainedOptions } from "@internvl/core";
import type { Definition, Given } from "./base/definition.js";
import {
  CONFIG_FILE,
  type ConfigBase,
  configBase,
  type FromDictOptions,
  fromFile,
  readPretrained,
} from "./base/pretrained-config.js";
import { dropout, flag, integer, oneOf, real } from "./base/rules.js";
import { findPart, type Section } from "./dialects/index.js";
import { pathInFile, readSection, type SectionMap, writeSection } from "./dialects/section.js";
import { SEED } from "./dialects/seed.js";
import * as limits from "./limits.js";

/** The vision tower: InternViT-6B (RMSNorm, q/k norm, no q/k/v bias) or -300M (LayerNorm, bias). */
export interface InternVL2_5VisionConfigFields {
  /** Colour channels of a tile. */
  num_channels: number;
  /** Pixels a side of one patch. */
  patch_size: number;
  /** Pixels a side of the tile that the position embeddings were made for. */
  image_size: number;
  qkv_bias: boolean;
  hidden_size: number;
  num_attention_heads: number;
  /** Width of the feed-forward layer. */
  intermediate_size: number;
  /** RMSNorm of queries and keys over the whole hidden size, before the heads are split. */
  qk_normalization: boolean;
  num_hidden_layers: number;
  /** `"gelu"` is the exact one (erf). */
  hidden_act: "gelu";
  norm_type: "rms_norm" | "layer_norm";
  layer_norm_eps: number;
  /** Training only, as the next four. */
  dropout: number;
  drop_path_rate: number;
  attention_dropout: number;
  initializer_range: number;
  /** First value of the layer scale. */
  initializer_factor: number;
}

export const VISION_DEFINITION: Definition<InternVL2_5VisionConfigFields> = {
  name: "InternVL2_5VisionConfig",
  fields: {
    num_channels: integer(3, { min: 1, max: 64, because: "a tile is a picture" }),
    patch_size: integer(14, limits.IMAGE_SIDE),
    image_size: integer(224, limits.IMAGE_SIDE),
    qkv_bias: flag(false),
    hidden_size: integer(3200, limits.WIDTH),
    num_attention_heads: integer(25, limits.HEADS),
    intermediate_size: integer(12800, limits.WIDTH),
    qk_normalization: flag(true),
    num_hidden_layers: integer(48, limits.LAYERS),
    hidden_act: oneOf("gelu"),
    norm_type: oneOf("rms_norm", "layer_norm"),
    layer_norm_eps: real(1e-6, limits.EPSILON),
    dropout: dropout(),
    drop_path_rate: dropout(),
    attention_dropout: dropout(),
    initializer_range: real(0.02, { min: 0 }),
    initializer_factor: real(0.1),
  },
  constraints: [
    {
      fields: ["num_attention_heads", "hidden_size"],
      holds: ({ num_attention_heads, hidden_size }) => hidden_size % num_attention_heads === 0,
      expected: ({ hidden_size }) => `a divisor of hidden_size (${hidden_size})`,
    },
    {
      fields: ["image_size", "patch_size"],
      holds: ({ image_size, patch_size }) => image_size % patch_size === 0,
      expected: ({ patch_size }) => `a multiple of patch_size (${patch_size})`,
    },
  ],
};

const OWN: SectionMap = SEED.vision_config;

const Base: ConfigBase<InternVL2_5VisionConfigFields> = configBase();

/**
 * Configuration of the vision tower. The defaults are InternViT-6B's at 224 pixels, as the port has them; every published
 * checkpoint says otherwise.
 */
export class InternVL2_5VisionConfig extends Base {
  /** @throws ConfigError */
  constructor(fields: Given<InternVL2_5VisionConfigFields> = {}) {
    super(VISION_DEFINITION, fields);
  }

  /** Reads the tower's own form. @throws ConfigError */
  static from_dict(json: JsonObject, options: FromDictOptions = {}): InternVL2_5VisionConfig {
    return readConfig({ json, map: OWN }, options);
  }

  /** Reads `config.json`: the tower's own, or the part about it of a whole model's. */
  static from_pretrained(model: string | ModelFiles, options?: PretrainedOptions): Promise<InternVL2_5VisionConfig> {
    return readPretrained(model, CONFIG_FILE, options, (json, { origin }) =>
      readConfig(findPart(json, "vision_config", OWN), { origin }),
    );
  }

  override to_dict(): JsonObject {
    return writeSection(VISION_DEFINITION, OWN, this, this.extra);
  }
}

function readConfig({ json, map }: Section, { origin }: FromDictOptions): InternVL2_5VisionConfig {
  return fromFile(
    origin,
    (path) => pathInFile(map, path),
    () => new InternVL2_5VisionConfig(readSection(VISION_DEFINITION, map, json)),
  );
}
