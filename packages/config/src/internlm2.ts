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
import { either, flag, integer, listOf, nullable, oneOf, real, tokenId } from "./base/rules.js";
import { findPart, type Section } from "./dialects/index.js";
import { pathInFile, readSection, type SectionMap, writeSection } from "./dialects/section.js";
import { SEED_INTERNLM2 } from "./dialects/seed.js";
import * as limits from "./limits.js";
import { type RopeScaling, ropeScaling } from "./rope.js";

/** `InternLM2Config` of the original code (`configuration_internlm2.py`). */
export interface InternLM2ConfigFields {
  vocab_size: number;
  hidden_size: number;
  /** Width of the feed-forward layer. */
  intermediate_size: number;
  num_hidden_layers: number;
  num_attention_heads: number;
  /** Heads of keys and values, each shared by `num_attention_heads / num_key_value_heads` query heads. */
  num_key_value_heads: number;
  /** Always `hidden_size / num_attention_heads`. */
  head_dim: number;
  hidden_act: "silu";
  /** The longest sequence of the training, in tokens. `rope_scaling` reaches past it. */
  max_position_embeddings: number;
  initializer_range: number;
  rms_norm_eps: number;
  use_cache: boolean;
  /** Whether the output matrix is the embedding. A checkpoint may say false and still lack the matrix. */
  tie_word_embeddings: boolean;
  /** Whether the two matrices of the attention, `wqkv` and `wo`, have a bias. No published checkpoint has. */
  bias: boolean;
  /** Base of the rotary frequencies. */
  rope_theta: number;
  rope_scaling: RopeScaling | null;
  bos_token_id: number | null;
  eos_token_id: number | number[] | null;
  pad_token_id: number | null;
}

export const INTERNLM2_DEFINITION: Definition<InternLM2ConfigFields> = {
  name: "InternLM2Config",
  fields: {
    vocab_size: integer(103168, limits.VOCABULARY),
    hidden_size: integer(4096, limits.WIDTH),
    intermediate_size: integer(11008, limits.WIDTH),
    num_hidden_layers: integer(32, limits.LAYERS),
    num_attention_heads: integer(32, limits.HEADS),
    num_key_value_heads: {
      rule: nullable(integer(32, limits.HEADS)),
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
    max_position_embeddings: integer(2048, limits.POSITIONS),
    initializer_range: real(0.02, { min: 0 }),
    rms_norm_eps: real(1e-6, limits.EPSILON),
    use_cache: flag(true),
    tie_word_embeddings: flag(false),
    bias: flag(true),
    rope_theta: real(10000, limits.POSITIVE),
    rope_scaling: nullable(ropeScaling("dynamic", "linear")),
    bos_token_id: { ...nullable(tokenId(1)), default: 1 },
    eos_token_id: { ...nullable(either<number, number[]>(tokenId(2), listOf(tokenId(2)))), default: 2 },
    pad_token_id: { ...nullable(tokenId(0)), default: 0 },
  },
  constraints: [
    {
      fields: ["num_attention_heads", "hidden_size"],
      holds: ({ hidden_size, num_attention_heads }) => hidden_size % (2 * num_attention_heads) === 0,
      expected: ({ hidden_size }) =>
        `a divisor of hidden_size (${hidden_size}) with an even quotient (rotary embeddings turn pairs)`,
    },
    {
      fields: ["head_dim", "hidden_size", "num_attention_heads"],
      holds: ({ head_dim, hidden_size, num_attention_heads }) => head_dim === hidden_size / num_attention_heads,
      expected: ({ hidden_size, num_attention_heads }) =>
        `hidden_size / num_attention_heads (${hidden_size / num_attention_heads})`,
    },
    {
      fields: ["num_key_value_heads", "num_attention_heads"],
      holds: ({ num_key_value_heads, num_attention_heads }) => num_attention_heads % num_key_value_heads === 0,
      expected: ({ num_attention_heads }) => `a divisor of num_attention_heads (${num_attention_heads})`,
    },
  ],
};

const OWN: SectionMap = SEED_INTERNLM2;

const Base: ConfigBase<InternLM2ConfigFields> = configBase();

/** Configuration of an InternLM2 (and 2.5) language model, with the original's names and defaults. */
export class InternLM2Config extends Base {
  /** @throws ConfigError */
  constructor(fields: Given<InternLM2ConfigFields> = {}) {
    super(INTERNLM2_DEFINITION, fields);
  }

  get model_type(): "internlm2" {
    return "internlm2";
  }

  /** Reads the original's form. @throws ConfigError */
  static from_dict(json: JsonObject, options: FromDictOptions = {}): InternLM2Config {
    return readConfig({ json, map: OWN }, options);
  }

  /** Reads `config.json`: a language model's own, or the part about it of a whole model's. */
  static from_pretrained(model: string | ModelFiles, options?: PretrainedOptions): Promise<InternLM2Config> {
    return readPretrained(model, CONFIG_FILE, options, (json, { origin }) =>
      readConfig(findPart(json, "text_config", OWN, "internlm2"), { origin }),
    );
  }

  override to_dict(): JsonObject {
    return writeSection(INTERNLM2_DEFINITION, OWN, this, this.extra);
  }
}

function readConfig({ json, map }: Section, { origin }: FromDictOptions): InternLM2Config {
  return fromFile(
    origin,
    (path) => pathInFile(map, path),
    () => new InternLM2Config(readSection(INTERNLM2_DEFINITION, map, json)),
  );
}
