import { InternVLError, type JsonObject, type JsonValue, type ModelFiles, readJsonObject } from "@internvl/core";
import { patternProblem, patternValue } from "./pattern.js";

export const ADAPTER_CONFIG_FILE = "adapter_config.json";

/** What of `adapter_config.json` a merge depends on, checked. */
export interface AdapterConfig {
  readonly r: number;
  readonly lora_alpha: number;
  readonly use_rslora: boolean;
  /** Ranks and alphas of modules that differ; keys are regular expressions for the end of a module's name. */
  readonly rank_pattern: Readonly<Record<string, number>>;
  readonly alpha_pattern: Readonly<Record<string, number>>;
  /** Modules that were trained whole; the file holds all of their tensors. */
  readonly modules_to_save: readonly string[];
}

/**
 * Fields of PEFT's `LoraConfig` under which W + scaling * B A is not what was trained, each with the reason. Fields that
 * only matter while training (dropout, targets, layers to transform, devices) are not read.
 */
const REFUSED: Readonly<Record<string, string>> = {
  use_dora: "DoRA also rescales the merged weights",
  use_qalora: "QALoRA pools the inputs of quantised layers",
  lora_bias: "a bias of lora_B needs biases that these layers do not all have",
  fan_in_fan_out: "it is for layers that store their weights transposed, and no layer here does",
  layer_replication: "it makes another network, with layers repeated",
  target_parameters: "it is for parameters of expert layers, which these networks do not have",
  trainable_token_indices: "it trains rows of the embedding",
  alora_invocation_tokens: "aLoRA depends on the prompt and cannot be merged",
  use_bdlora: "block-diagonal factors are stored in another form",
  arrow_config: "Arrow chooses adapters for each token and cannot be merged",
  kasa_config: "KaSA changes the base weights and has a third factor",
  monteclora_config: "MonteCLoRA draws its factors at random",
};

/** Ways to start the training that leave the base weights as they are. The others subtract something from them. */
const PLAIN_INITIALISATIONS: readonly JsonValue[] = [null, true, false, "gaussian", "eva", "orthogonal"];

const MERGE_IN_PYTHON = "Merge the adapter in Python (merge_and_unload) and convert what that saves.";

/**
 * @throws InternVLError `FILE_NOT_FOUND`, `FILE_INVALID` (not JSON), `CONFIG_INVALID` (fields that cannot be),
 *   `UNSUPPORTED` (no LoRA, or a kind of it that cannot be merged here)
 */
export async function readAdapterConfig(
  files: ModelFiles,
  options: { signal?: AbortSignal } = {},
): Promise<AdapterConfig> {
  if (!(await files.has(ADAPTER_CONFIG_FILE))) {
    throw new InternVLError("FILE_NOT_FOUND", {
      what: `${files.name} is no adapter: it has no ${ADAPTER_CONFIG_FILE}`,
      fix: "Name the folder that PEFT's save_pretrained wrote. A whole model is converted by itself, without an adapter.",
    });
  }
  const json = await readJsonObject(files, ADAPTER_CONFIG_FILE, options);
  const where = `${ADAPTER_CONFIG_FILE} in ${files.name}`;
  refuseOtherKinds(json, where);
  return {
    r: numberOf(json.r, "r", where, isRank),
    lora_alpha: numberOf(json.lora_alpha, "lora_alpha", where, Number.isFinite),
    use_rslora: json.use_rslora === true,
    rank_pattern: patternOf(json.rank_pattern, "rank_pattern", where, isRank),
    alpha_pattern: patternOf(json.alpha_pattern, "alpha_pattern", where, Number.isFinite),
    modules_to_save: namesOf(json.modules_to_save, "modules_to_save", where),
  };
}

/**
 * The rank of a module and the factor of its product: alpha / r, or alpha / sqrt(r) with `use_rslora`.
 *
 * @param module its name in the model that the adapter was made for, without `base_model.model.`
 */
export function scalingOf(config: AdapterConfig, module: string): { rank: number; scaling: number } {
  const rank = patternValue(config.rank_pattern, module) ?? config.r;
  const alpha = patternValue(config.alpha_pattern, module) ?? config.lora_alpha;
  return { rank, scaling: alpha / (config.use_rslora ? Math.sqrt(rank) : rank) };
}

function refuseOtherKinds(json: JsonObject, where: string): void {
  if (json.peft_type !== "LORA") {
    const isKnown = typeof json.peft_type === "string";
    throw new InternVLError(isKnown ? "UNSUPPORTED" : "CONFIG_INVALID", {
      what: `${where} is of a kind of adapter that cannot be merged here`,
      expected: 'peft_type "LORA"',
      got: shown(json.peft_type),
      fix: isKnown ? MERGE_IN_PYTHON : "Check that this is the adapter_config.json that PEFT wrote.",
    });
  }
  const refused = Object.keys(REFUSED).filter((field) => isSet(json[field]));
  if (refused.length > 0) {
    throw new InternVLError("UNSUPPORTED", {
      what: `${where} has ${refused.join(", ")}: ${refused.map((field) => REFUSED[field]).join("; ")}`,
      expected: "plain LoRA",
      got: refused.map((field) => `${field} ${shown(json[field])}`).join(", "),
      fix: MERGE_IN_PYTHON,
    });
  }
  const init = json.init_lora_weights ?? null;
  if (!PLAIN_INITIALISATIONS.includes(init)) {
    throw new InternVLError("UNSUPPORTED", {
      what: `${where} belongs to base weights that its initialisation changed`,
      expected: `init_lora_weights one of ${PLAIN_INITIALISATIONS.map(shown).join(", ")}`,
      got: shown(init),
      fix: "Save the adapter with PEFT's path_initial_model_for_weight_conversion, which turns it into plain LoRA.",
    });
  }
}

function isSet(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null || value === false) return false;
  return typeof value !== "object" || Object.keys(value).length > 0;
}

function isRank(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0;
}

function numberOf(
  value: JsonValue | undefined,
  field: string,
  where: string,
  isValid: (value: number) => boolean,
): number {
  if (typeof value === "number" && isValid(value)) return value;
  throw invalidField(field, where, isValid === isRank ? "an integer from 1 up" : "a number", value);
}

function patternOf(
  value: JsonValue | undefined,
  field: string,
  where: string,
  isValid: (value: number) => boolean,
): Readonly<Record<string, number>> {
  if (value === undefined || value === null) return {};
  if (typeof value !== "object" || Array.isArray(value)) throw invalidField(field, where, "an object", value);
  const entries = Object.entries(value).map(([key, entry]) => {
    const problem = patternProblem(key);
    if (problem !== undefined) {
      throw invalidField(field, where, `keys that are names or regular expressions (${problem})`, key);
    }
    return [key, numberOf(entry, `${field}[${JSON.stringify(key)}]`, where, isValid)] as const;
  });
  return Object.fromEntries(entries);
}

function namesOf(value: JsonValue | undefined, field: string, where: string): readonly string[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) && value.every((name) => typeof name === "string")) return value;
  throw invalidField(field, where, "an array of names", value);
}

function invalidField(field: string, where: string, expected: string, value: JsonValue | undefined): InternVLError {
  return new InternVLError("CONFIG_INVALID", {
    what: `${field} of ${where} cannot be`,
    expected,
    got: shown(value),
    fix: "Check that this is the adapter_config.json that PEFT wrote.",
  });
}

function shown(value: JsonValue | undefined): string {
  return (JSON.stringify(value) ?? "nothing").slice(0, 80);
}
