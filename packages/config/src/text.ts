import { InternVLError, type JsonObject } from "@internvl/core";
import type { Definition, Given } from "./base/definition.js";
import { show } from "./base/problems.js";
import { QWEN2_DEFINITION, Qwen2Config, type Qwen2ConfigFields } from "./qwen2.js";

/** The configuration of any language model that is supported; `model_type` tells them apart. */
export type TextConfig = Qwen2Config;

/** The fields of any of them. Without `model_type` they are Qwen2's. */
export type TextConfigFields = Given<Qwen2ConfigFields> & { model_type?: "qwen2" };

/** A language model as the registry knows it. */
export interface TextModel {
  readonly model_type: TextConfig["model_type"];
  readonly architecture: string;
  readonly definition: Definition<Qwen2ConfigFields>;
  readonly config: new (fields?: Given<Qwen2ConfigFields>) => TextConfig;
}

/** All language models. A new one is a configuration class, an entry here and one in each dialect. */
export const TEXT_MODELS: readonly TextModel[] = [
  {
    model_type: "qwen2",
    architecture: "Qwen2ForCausalLM",
    definition: QWEN2_DEFINITION,
    config: Qwen2Config,
  },
];

/** Names of language models that files of this family may have and that have no entry yet. */
const NOT_READ_YET: Readonly<Record<string, string>> = { internlm2: "InternLM2", llama: "Llama", phi3: "Phi-3" };

/** The language model that a section of a file is about: by `model_type`, or else by `architectures`. */
export function findTextModel(json: JsonObject, section: string): TextModel {
  const { model_type } = json;
  const architecture = Array.isArray(json.architectures) ? json.architectures[0] : undefined;
  const found = TEXT_MODELS.find((model) =>
    model_type === undefined ? model.architecture === architecture : model.model_type === model_type,
  );
  if (found !== undefined && (architecture === undefined || architecture === found.architecture)) return found;
  const known = typeof model_type === "string" ? NOT_READ_YET[model_type] : undefined;
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
export function createTextConfig({ model_type = "qwen2", ...fields }: TextConfigFields): TextConfig {
  const { config: Config } = textModel(model_type);
  return new Config(fields);
}
