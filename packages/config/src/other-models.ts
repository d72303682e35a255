import type { JsonObject } from "@internvl/core";

/** A model that is not of this family, as people know it. */
interface OtherModel {
  readonly name: string;
  /** `model_type` in its config.json. */
  readonly types: readonly string[];
  /** What to do instead. Default: nothing here reads it. */
  readonly fix?: string;
}

const ONLY_INTERNVL =
  "Only InternVL 2.5 is read here: pass one of its checkpoints, OpenGVLab/InternVL2_5-1B for instance.";
const ONE_PART = "Pass the folder of the whole model, which has vision tower, projector and language model.";

/** Models whose folders are taken for one of this family, by what their config.json says. */
const OTHER_MODELS: readonly OtherModel[] = [
  { name: "Qwen2-VL", types: ["qwen2_vl"] },
  { name: "Qwen2.5-VL", types: ["qwen2_5_vl"] },
  { name: "Qwen3-VL", types: ["qwen3_vl", "qwen3_vl_moe"] },
  { name: "LLaVA", types: ["llava", "llava_llama", "llava_mistral", "llava_qwen", "vipllava", "video_llava"] },
  { name: "LLaVA-NeXT", types: ["llava_next", "llava_next_video"] },
  { name: "LLaVA-OneVision", types: ["llava_onevision"] },
  { name: "Idefics", types: ["idefics", "idefics2", "idefics3"] },
  { name: "SmolVLM", types: ["smolvlm"] },
  { name: "PaliGemma", types: ["paligemma"] },
  { name: "Gemma 3", types: ["gemma3", "gemma3n"] },
  { name: "Llama 3.2 Vision", types: ["mllama"] },
  { name: "MiniCPM-V", types: ["minicpmv", "minicpmo"] },
  { name: "Phi-3 Vision", types: ["phi3_v"] },
  { name: "DeepSeek-VL", types: ["deepseek_vl", "deepseek_vl_v2", "multi_modality"] },
  { name: "GLM-4V", types: ["glm4v", "glm4v_moe"] },
  { name: "BLIP", types: ["blip", "blip-2", "instructblip"] },
  { name: "InternViT, a vision tower alone", types: ["intern_vit_6b", "internvl_vision"], fix: ONE_PART },
  { name: "CLIP, which has no language model", types: ["clip", "siglip", "clip_vision_model", "siglip_vision_model"] },
];

/** Language models of InternVLs before and after 2.5 and 2.0, by `model_type`: which of them have it. */
const OTHER_LANGUAGES: Readonly<Record<string, string>> = {
  llama: "Llama, as in InternVL 1.1 and 1.2, InternVL2-40B and InternVL2-76B",
  phi3: "Phi-3, as in Mini-InternVL 1.5 4B and InternVL2-4B",
  internlm3: "InternLM3, as in InternVL3-9B",
  qwen3: "Qwen3, as in InternVL3.5",
  qwen3_moe: "Qwen3 with experts, as in InternVL3.5",
  gpt_oss: "gpt-oss, as in InternVL3.5",
};

/** What a message about a config.json of an unknown `model_type` says: which model it is, where that is known. */
export function otherModel({ model_type, architectures }: JsonObject, origin: string): { what: string; fix: string } {
  const architecture = Array.isArray(architectures)
    ? architectures.find((each) => typeof each === "string")
    : undefined;
  const known = OTHER_MODELS.find(({ types }) => types.some((type) => type === model_type));
  const what = `The model type of ${origin} is not supported`;
  if (known !== undefined) return { what: `${what}: it is ${known.name}`, fix: known.fix ?? ONLY_INTERNVL };
  if (typeof architecture === "string" && /ForCausalLM$|LMHeadModel$/.test(architecture)) {
    return { what: `${what}: it is a language model without pictures (${architecture})`, fix: ONE_PART };
  }
  return { what, fix: "Pass a checkpoint of InternVL 2.5, or a folder that was converted from one." };
}

/** The name of a language model that other InternVLs have; undefined for one that none has. */
export function otherLanguage(model_type: unknown): string | undefined {
  return typeof model_type === "string" && Object.hasOwn(OTHER_LANGUAGES, model_type)
    ? OTHER_LANGUAGES[model_type]
    : undefined;
}
