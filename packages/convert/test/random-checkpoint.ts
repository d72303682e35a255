import { readFileSync } from "node:fs";
import { InternVL2_5Config } from "@internvl/config";
import { originalTensorSpecs, type TensorSpec, writeSafetensors } from "@internvl/convert";
import { type JsonObject, MemoryFolder } from "@internvl/core";

const demo = new URL("../../demo-model/", import.meta.url);
const TOKENIZER_FILES = [
  "vocab.json",
  "merges.txt",
  "added_tokens.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
];

/** A small network of either form of InternViT; what differs from it is given. */
export interface RandomCheckpointOptions {
  form: "300M" | "6B";
  language?: keyof typeof LANGUAGES;
  tied?: boolean;
  select_layer?: number;
  ps_version?: "v1" | "v2";
  groups?: number;
}

/** What the `llm_config` of each language model says beside its shape. */
const LANGUAGES = {
  qwen2: { model_type: "qwen2", architectures: ["Qwen2ForCausalLM"] },
  internlm2: {
    model_type: "internlm2",
    architectures: ["InternLM2ForCausalLM"],
    bias: false,
    rope_scaling: { type: "dynamic", factor: 2 },
  },
  "internlm2 with bias": { model_type: "internlm2", architectures: ["InternLM2ForCausalLM"], bias: true },
} satisfies Record<string, JsonObject>;

export function randomConfig(options: RandomCheckpointOptions): JsonObject {
  const { form, language = "qwen2", tied = false, select_layer = -1, ps_version = "v2", groups = 3 } = options;
  const small = form === "300M";
  return {
    model_type: "internvl_chat",
    architectures: ["InternVLChatModel"],
    downsample_ratio: 0.5,
    force_image_size: 56,
    ps_version,
    select_layer,
    use_thumbnail: true,
    dynamic_image_size: true,
    max_dynamic_patch: 4,
    llm_config: {
      ...LANGUAGES[language],
      hidden_size: groups * 32,
      intermediate_size: 144,
      num_hidden_layers: 2,
      num_attention_heads: groups * 2,
      num_key_value_heads: 2,
      vocab_size: 900,
      tie_word_embeddings: tied,
      max_position_embeddings: 256,
    },
    vision_config: {
      model_type: "intern_vit_6b",
      hidden_size: 48,
      intermediate_size: 96,
      num_hidden_layers: 3,
      num_attention_heads: 3,
      image_size: 56,
      patch_size: 14,
      norm_type: small ? "layer_norm" : "rms_norm",
      qk_normalization: !small,
      qkv_bias: small,
    },
  };
}

/** The files of a checkpoint with random weights, in the original format. Norms are around 1, so that numbers stay tame. */
export async function randomCheckpoint(options: RandomCheckpointOptions): Promise<Record<string, Uint8Array | string>> {
  const json = randomConfig(options);
  const config = InternVL2_5Config.from_dict(json);
  const specs = originalTensorSpecs(config).filter(({ optional }) => !(options.tied && optional));
  const sink = new MemoryFolder();
  await writeSafetensors(
    sink,
    "model.safetensors",
    specs.map((spec, index) => ({
      name: spec.name,
      dtype: "F32" as const,
      shape: spec.shape,
      async *bytes() {
        yield new Uint8Array(randomWeights(spec, index).buffer);
      },
    })),
  );
  const tokenizer = TOKENIZER_FILES.map((file) => [file, readFileSync(new URL(file, demo))] as const);
  return {
    "config.json": JSON.stringify(json),
    "model.safetensors": sink.files.get("model.safetensors")!,
    ...Object.fromEntries(tokenizer),
  };
}

function randomWeights({ name, shape }: TensorSpec, seed: number): Float32Array {
  const isScale = /(norm\d?|layernorm|mlp1\.0)\.weight$|ls[12]$/.test(name);
  let state = seed * 2_654_435_761 + 1;
  // A linear congruential generator: any numbers will do, as long as they are the same each time.
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  const width = shape.at(-1) ?? 1;
  const spread = shape.length > 1 ? 2 / Math.sqrt(width) : 0.2;
  return Float32Array.from(
    { length: shape.reduce((product, n) => product * n, 1) },
    () => next() * spread + (isScale ? 1 : 0),
  );
}
