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
import { dropout, either, flag, integer, listOf, nullable, oneOf, real, tokenId } from "./base/rules.js";
import { findPart, type Section } from "./dialects/index.js";
import { pathInFile, readSection, type SectionMap, writeSection } from "./dialects/section.js";
import { SEED_QWEN2 } from "./dialects/seed.js";
import * as limits from "./limits.js";
import { type RopeScaling, ropeScaling } from "./rope.js";

/** What attention a layer has. */
export type LayerType = "full_attention" | "sliding_attention";

/** Transformers' `Qwen2Config`. */
export interface Qwen2ConfigFields {
  vocab_size: number;
  hidden_size: number;
  /** Width of the feed-forward layer. */
  intermediate_size: number;
  num_hidden_layers: number;
  num_attention_heads: number;
  /** Heads of keys and values, each shared by `num_attention_heads / num_key_value_heads` query heads. */
  num_key_value_heads: number;
  /** Default: `hidden_size / num_attention_heads`. */
  head_dim: number;
  hidden_act: "silu";
  /** The longest sequence, in tokens. */
  max_position_embeddings: number;
  initializer_range: number;
  rms_norm_eps: number;
  use_cache: boolean;
  /** Whether the output matrix is the embedding. A checkpoint may say false and still lack the matrix. */
  tie_word_embeddings: boolean;
  /** Base of the rotary frequencies. */
  rope_theta: number;
  rope_scaling: RopeScaling | null;
  attention_dropout: number;
  /** Without it `sliding_window` and `max_window_layers` say nothing. */
  use_sliding_window: boolean;
  /** Tokens that a layer with sliding attention sees. */
  sliding_window: number | null;
  /** The first so many layers have full attention. */
  max_window_layers: number;
  /** The attention of every layer, where the file spells it out. */
  layer_types: LayerType[] | null;
  bos_token_id: number | null;
  eos_token_id: number | number[] | null;
  pad_token_id: number | null;
}

export const QWEN2_DEFINITION: Definition<Qwen2ConfigFields> = {
  name: "Qwen2Config",
  fields: {
    vocab_size: integer(151936, limits.VOCABULARY),
    hidden_size: integer(4096, limits.WIDTH),
    intermediate_size: integer(22016, limits.WIDTH),
    num_hidden_layers: integer(32, limits.LAYERS),
    num_attention_heads: integer(32, limits.HEADS),
    // 32 when nothing is said and one a query head when it is null: so it is in Transformers.
    num_key_value_heads: {
      rule: { ...nullable(integer(32, limits.HEADS)), default: 32 },
      derive: { from: ["num_attention_heads"], value: ({ num_attention_heads }) => num_attention_heads },
    },
    head_dim: {
      rule: nullable(integer(128, limits.WIDTH)),
      derive: {
        from: ["hidden_size", "num_attention_heads"],
        value: ({ hidden_size, num_attention_heads }) => hidden_size / num_attention_heads,
      },
    },
    hidden_act: oneOf("silu"),
    max_position_embeddings: integer(32768, limits.POSITIONS),
    initializer_range: real(0.02, { min: 0 }),
    rms_norm_eps: real(1e-6, limits.EPSILON),
    use_cache: flag(true),
    tie_word_embeddings: flag(false),
    rope_theta: real(10000, limits.POSITIVE),
    rope_scaling: nullable(ropeScaling()),
    attention_dropout: dropout(),
    use_sliding_window: flag(false),
    sliding_window: { ...nullable(integer(4096, limits.POSITIONS)), default: 4096 },
    max_window_layers: integer(28, { ...limits.LAYERS, min: 0 }),
    layer_types: nullable(listOf(oneOf<LayerType>("full_attention", "sliding_attention"))),
    bos_token_id: nullable(tokenId(0)),
    eos_token_id: nullable(either<number, number[]>(tokenId(0), listOf(tokenId(0)))),
    pad_token_id: nullable(tokenId(0)),
  },
  constraints: [
    {
      // A head_dim that nobody gave is the fault of the heads.
      fields: ["num_attention_heads", "hidden_size", "head_dim"],
      holds: ({ head_dim, hidden_size, num_attention_heads }) =>
        head_dim !== hidden_size / num_attention_heads || head_dim % 2 === 0,
      expected: ({ hidden_size }) =>
        `a divisor of hidden_size (${hidden_size}) with an even quotient (rotary embeddings turn pairs)`,
    },
    {
      fields: ["head_dim", "num_attention_heads"],
      holds: ({ head_dim }) => head_dim % 2 === 0,
      expected: () => "an even number (rotary embeddings turn pairs)",
    },
    {
      fields: ["num_key_value_heads", "num_attention_heads"],
      holds: ({ num_key_value_heads, num_attention_heads }) => num_attention_heads % num_key_value_heads === 0,
      expected: ({ num_attention_heads }) => `a divisor of num_attention_heads (${num_attention_heads})`,
    },
    {
      fields: ["layer_types", "num_hidden_layers"],
      holds: ({ layer_types, num_hidden_layers }) => layer_types === null || layer_types.length === num_hidden_layers,
      expected: ({ num_hidden_layers }) => `one entry a layer (${num_hidden_layers})`,
      got: ({ layer_types }) => layer_types?.length,
    },
  ],
};

const OWN: SectionMap = SEED_QWEN2;

const Base: ConfigBase<Qwen2ConfigFields> = configBase();

/** Configuration of a Qwen2 (and 2.5) language model, with Transformers' names and defaults. */
export class Qwen2Config extends Base {
  /** @throws ConfigError */
  constructor(fields: Given<Qwen2ConfigFields> = {}) {
    super(QWEN2_DEFINITION, fields);
  }

  get model_type(): "qwen2" {
    return "qwen2";
  }

  /** Reads Transformers' form, of 4.x and of 5.x. @throws ConfigError */
  static from_dict(json: JsonObject, options: FromDictOptions = {}): Qwen2Config {
    return readConfig({ json, map: OWN }, options);
  }

  /** Reads `config.json`: a language model's own, or the part about it of a whole model's. */
  static from_pretrained(model: string | ModelFiles, options?: PretrainedOptions): Promise<Qwen2Config> {
    return readPretrained(model, CONFIG_FILE, options, (json, { origin }) =>
      readConfig(findPart(json, "text_config", OWN, "qwen2"), { origin }),
    );
  }

  override to_dict(): JsonObject {
    return writeSection(QWEN2_DEFINITION, OWN, this, this.extra);
  }
}

function readConfig({ json, map }: Section, { origin }: FromDictOptions): Qwen2Config {
  return fromFile(
    origin,
    (path) => pathInFile(map, path),
    () => new Qwen2Config(readSection(QWEN2_DEFINITION, map, json)),
  );
}
