import { flattenRopeParameters, toRopeScaling } from "../rope.js";
import type { Dialect } from "./dialect.js";
import type { SectionMap } from "./section.js";

/** Qwen2's section as Transformers writes it: 4.x (`rope_theta`, `rope_scaling`) and 5.x (`rope_parameters`) are read. */
export const SEED_QWEN2: SectionMap = {
  model_type: "qwen2",
  architecture: "Qwen2ForCausalLM",
  fields: { rope_scaling: { read: toRopeScaling } },
  unusual: ["layer_types"],
  prepare: flattenRopeParameters,
};

/** InternLM2's section, as the original's own class writes it; the scaling is named as in Transformers. */
export const SEED_INTERNLM2: SectionMap = {
  model_type: "internlm2",
  architecture: "InternLM2ForCausalLM",
  fields: { rope_scaling: { read: toRopeScaling } },
  prepare: flattenRopeParameters,
};

/** The port's files: our own names, so that no field has another one. */
export const SEED: Dialect = {
  name: "seed",
  whole: { model_type: "internvl2_5", architecture: "InternVL2_5ForConditionalGeneration" },
  // A vision tower that is published alone says `intern_vit_6b`, whatever its size.
  vision_config: { model_type: "internvl2_5", aliases: ["intern_vit_6b"] },
  text_config: { qwen2: SEED_QWEN2, internlm2: SEED_INTERNLM2 },
};
