import type { JsonObject } from "@internvl/core";
import { toLegacyRopeScaling } from "../rope.js";
import type { Dialect } from "./dialect.js";
import type { SectionMap } from "./section.js";
import { SEED_INTERNLM2, SEED_QWEN2 } from "./seed.js";

/** OpenGVLab's files, written by `InternVLChatConfig` of the original code. */
export const ORIGINAL: Dialect = {
  name: "original",
  whole: {
    model_type: "internvl_chat",
    architecture: "InternVLChatModel",
    fields: { text_config: { name: "llm_config" }, pixel_shuffle_version: { name: "ps_version" } },
    // The original takes these from its tokenizer.
    unusual: ["image_token_id", "image_start_token_id", "image_end_token_id"],
    prepare: dropCopiedTie,
  },
  vision_config: { model_type: "intern_vit_6b", architecture: "InternVisionModel" },
  text_config: { qwen2: withLegacyRopeScaling(SEED_QWEN2), internlm2: withLegacyRopeScaling(SEED_INTERNLM2) },
};

/** The original runs on Transformers 4.37, which reads the older spelling only. */
function withLegacyRopeScaling(map: SectionMap): SectionMap {
  return {
    ...map,
    fields: { ...map.fields, rope_scaling: { ...map.fields?.rope_scaling, write: toLegacyRopeScaling } },
  };
}

/**
 * Later versions of the original class write a copy of `llm_config.tie_word_embeddings` at the top, where ours, as the
 * port's, has to be false. The copy says nothing new, so it is dropped.
 */
function dropCopiedTie(json: JsonObject): JsonObject {
  const llm = json.llm_config;
  const copied = typeof llm === "object" && llm !== null && !Array.isArray(llm) && llm.tie_word_embeddings === true;
  return copied && json.tie_word_embeddings === true ? { ...json, tie_word_embeddings: false } : json;
}
