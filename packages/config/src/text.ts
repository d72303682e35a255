import { InternVLError, type JsonObject } from "@internvl/core";
import type { Definition, Given } from "./base/definition.js";
import { show } from "./base/problems.js";
import { readSection, type SectionMap, writeSection } from "./dialects/section.js";
import { INTERNLM2_DEFINITION, InternLM2Config, type InternLM2ConfigFields } from "./internlm2.js";
import { otherLanguage } from "./other-models.js";
import { QWEN2_DEFINITION, Qwen2Config, type Qwen2ConfigFields } from "./qwen2.js";

/** The configuration of any language model that is supported; `model_type` tells them apart. */
export type TextConfig = Qwen2Config | InternLM2Config;

/** The fields of any of them. Without `model_type` they are Qwen2's. */
export type TextConfigFields =
  | (Given<Qwen2ConfigFields> & { model_type?: "qwen2" })
  | (Given<InternLM2ConfigFields> & { model_type: "internlm2" });

/** A language model as the registry knows it, whatever its fields are. */
export interface TextModel {
  readonly model_type: TextConfig["model_type"];
  readonly architecture: string;
  /** Whether a value is this model's configuration. */
  is(value: unknown): boolean;
  /** @throws ConfigError */
  create(fields: TextConfigFields): TextConfig;
  /** Reads a section of a file. */
  read(map: SectionMap, json: JsonObject): TextConfigFields;
  write(map: SectionMap, config: TextConfig): JsonObject;
}

/** All language models. A new one is a configuration class, an entry here and one in each dialect. */
export const TEXT_MODELS: readonly TextModel[] = [
  entry("qwen2", "Qwen2ForCausalLM", QWEN2_DEFINITION, Qwen2Config),
  entry("internlm2", "InternLM2ForCausalLM", INTERNLM2_DEFINITION, InternLM2Config),
];

/** The language model that a section of a file is about: by `model_type`, or else by `architectures`. */
export function findTextModel(json: JsonObject, section: string): TextModel {
  const { model_type } = json;
  const architecture = Array.isArray(json.architectures) ? json.architectures[0] : undefined;
  const found = TEXT_MODELS.find((model) =>
    model_type === undefined ? model.architecture === architecture : model.model_type === model_type,
  );
  if (found !== undefined && (architecture === undefined || architecture === found.architecture)) return found;
  const known = otherLanguage(model_type);
  throw new InternVLError("UNSUPPORTED", {
    what: `The language model of ${section} is not supported${known === undefined ? "" : `: it is ${known}`}`,
    expected: TEXT_MODELS.map((model) => `model_type ${show(model.model_type)} (${model.architecture})`).join(" or "),
    got: `model_type ${show(model_type)} (${String(architecture ?? "no architectures")})`,
    fix: `Pass a checkpoint with one of these: ${TEXT_MODELS.map((model) => model.architecture).join(", ")}.`,
  });
}

/** The entry with this `model_type`. @throws InternVLError `UNSUPPORTED` */
export function textModel(model_type: TextConfig["model_type"]): TextModel {
  return findTextModel({ model_type }, "text_config");
}

/** The configuration for plain fields. */
export function createTextConfig(fields: TextConfigFields): TextConfig {
  return textModel(fields.model_type ?? "qwen2").create(fields);
}

/** Keeps the types of one model's fields together; whoever has the entry sees none of them. */
function entry<F extends object>(
  model_type: TextConfig["model_type"],
  architecture: string,
  definition: Definition<F>,
  Config: new (fields: Given<F>) => TextConfig & Readonly<F>,
): TextModel {
  return {
    model_type,
    architecture,
    is: (value) => value instanceof Config,
    create: ({ model_type: _, ...fields }) => new Config(fields as Given<F>),
    read: (map, json) => ({ ...readSection(definition, map, json), model_type }) as TextConfigFields,
    write: (map, config) => writeSection(definition, map, config as TextConfig & Readonly<F>, config.extra),
  };
}
