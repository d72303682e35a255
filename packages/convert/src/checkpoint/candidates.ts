import type { TextConfig } from "@internvl/config";
import type { OriginalTensorConfig } from "./original.js";

/** The same configuration but for one field. */
export interface Candidate {
  /** Our names: `["text_config", "vocab_size"]`. */
  readonly path: readonly string[];
  readonly is: string;
  readonly instead: string;
  readonly config: OriginalTensorConfig;
}

/** What the tensors show: sizes that are expected and those that are there, and the layers that have a name. */
export interface Evidence {
  readonly sizes: readonly (readonly [expected: number, got: number])[];
  readonly layers: Readonly<Record<"vision_config" | "text_config", number>>;
}

const VISION_SIZES = ["hidden_size", "intermediate_size", "num_channels", "patch_size"] as const;
const TEXT_SIZES = [
  ...(["vocab_size", "hidden_size", "intermediate_size"] as const),
  ...(["num_attention_heads", "num_key_value_heads", "head_dim"] as const),
];
const LANGUAGES: readonly TextConfig["model_type"][] = ["qwen2", "internlm2"];
/** The ratios whose pixel shuffle anybody has trained. */
const RATIOS = [1, 1 / 2, 1 / 3, 1 / 4];

/** Every configuration that differs in one field and that the evidence may speak for. */
export function candidates(config: OriginalTensorConfig, evidence: Evidence): Candidate[] {
  return [
    ...RATIOS.map((downsample_ratio) => change(config, { downsample_ratio })),
    ...visionChanges(config, evidence).map((vision) => changePart(config, "vision_config", vision)),
    ...textChanges(config, evidence).flatMap((text) => [
      changePart(config, "text_config", text),
      ...withHeadDim(config, text).map((changed) => changePart(config, "text_config", text, changed)),
    ]),
  ].filter(({ is, instead }) => is !== instead);
}

type Vision = OriginalTensorConfig["vision_config"];
type Text = OriginalTensorConfig["text_config"];

function visionChanges({ vision_config: vision }: OriginalTensorConfig, evidence: Evidence): Partial<Vision>[] {
  return [
    { num_hidden_layers: evidence.layers.vision_config },
    { norm_type: vision.norm_type === "layer_norm" ? "rms_norm" : "layer_norm" },
    { qkv_bias: !vision.qkv_bias },
    { qk_normalization: !vision.qk_normalization },
    ...VISION_SIZES.flatMap((name) => values(vision[name], evidence).map((value) => ({ [name]: value }))),
  ];
}

function textChanges({ text_config: text }: OriginalTensorConfig, evidence: Evidence): Partial<Text>[] {
  return [
    { num_hidden_layers: evidence.layers.text_config },
    ...LANGUAGES.map((model_type) => ({ model_type })),
    ...(text.model_type === "internlm2" ? [{ bias: text.bias !== true }] : []),
    ...TEXT_SIZES.flatMap((name) => values(text[name], evidence).map((value) => ({ [name]: value }))),
  ];
}

/** What a size may be: it is a tensor's itself, or tensors grow with it, or shrink as a head's share does. */
function values(value: number, { sizes }: Evidence): number[] {
  const possible = sizes.flatMap(([expected, got]) => [got, (value * got) / expected, (value * expected) / got]);
  return [...new Set(possible)].filter((size) => Number.isInteger(size) && size > 0);
}

/** Where `head_dim` follows from the two fields that it usually follows from, it changes with them. */
function withHeadDim({ text_config: text }: OriginalTensorConfig, changed: Partial<Text>): Partial<Text>[] {
  const { hidden_size, num_attention_heads } = { ...text, ...changed };
  const head_dim = hidden_size / num_attention_heads;
  const follows = text.head_dim === text.hidden_size / text.num_attention_heads;
  return follows && Number.isInteger(head_dim) && head_dim !== text.head_dim ? [{ head_dim }] : [];
}

function change(config: OriginalTensorConfig, changed: Partial<OriginalTensorConfig>): Candidate {
  const [[name, value]] = Object.entries(changed) as [[keyof OriginalTensorConfig, unknown]];
  return {
    path: [name],
    is: String(config[name]),
    instead: String(value),
    config: { ...plain(config), ...changed },
  };
}

/** @param consequences fields that change with it and are not to blame */
function changePart<Part extends "vision_config" | "text_config">(
  config: OriginalTensorConfig,
  part: Part,
  changed: Partial<OriginalTensorConfig[Part]>,
  consequences: Partial<OriginalTensorConfig[Part]> = {},
): Candidate {
  const [[name, value]] = Object.entries(changed) as [[string & keyof OriginalTensorConfig[Part], unknown]];
  return {
    path: [part, name],
    is: String(config[part][name]),
    instead: String(value),
    config: { ...plain(config), [part]: { ...plain(config)[part], ...changed, ...consequences } },
  };
}

/** Configurations are objects of a class; copies of their fields are enough for shapes. */
function plain({ downsample_ratio, force_image_size, vision_config, text_config }: OriginalTensorConfig) {
  // `model_type` is a getter, which a spread leaves out.
  const { model_type } = text_config;
  return {
    downsample_ratio,
    force_image_size,
    vision_config: { ...vision_config },
    text_config: { ...text_config, model_type },
  };
}
