import type { GenerationOptions } from "./options.js";

/** An option that does nothing as it stands. Transformers logs these; here the caller decides what becomes of them. */
export interface GenerationWarning {
  code: "needs_do_sample" | "needs_beams" | "overridden" | "default_length" | "needs_return_dict";
  /** The option that is ignored or missing. */
  option: keyof GenerationOptions;
  message: string;
}

/** Called once for each warning, before anything is computed. */
export type WarningCallback = (warning: GenerationWarning) => void;

const NEUTRAL_WITHOUT_SAMPLING: Partial<Record<keyof GenerationOptions, unknown>> = {
  temperature: 1,
  top_h: undefined,
  top_k: 50,
  top_p: 1,
  min_p: undefined,
  typical_p: 1,
  epsilon_cutoff: 0,
  eta_cutoff: 0,
};
const NEUTRAL_WITHOUT_BEAMS: Partial<Record<keyof GenerationOptions, unknown>> = {
  early_stopping: false,
  length_penalty: 1,
};

/**
 * What Transformers warns of: `GenerationConfig.validate`'s minor issues and those of the lengths.
 *
 * @param given the options that the caller passed, as opposed to those of a model's generation_config.json: of an option
 *   that only the file has, nothing is said to somebody who asked for another way of decoding
 */
export function generationWarnings(
  options: GenerationOptions,
  given: ReadonlySet<string> = new Set(Object.keys(options)),
): GenerationWarning[] {
  const warnings: GenerationWarning[] = [];
  const add = (code: GenerationWarning["code"], option: keyof GenerationOptions, message: string) =>
    warnings.push({ code, option, message });
  const isSet = (option: keyof GenerationOptions) => options[option] !== undefined && options[option] !== null;
  const idle = (neutral: Partial<Record<keyof GenerationOptions, unknown>>, needs: string) =>
    (Object.keys(neutral) as (keyof GenerationOptions)[]).filter(
      (option) => isSet(option) && options[option] !== neutral[option] && (given.has(option) || !given.has(needs)),
    );

  if (!options.do_sample) {
    for (const option of idle(NEUTRAL_WITHOUT_SAMPLING, "do_sample")) {
      add("needs_do_sample", option, `${option} only acts with do_sample: true.`);
    }
  }
  if ((options.num_beams ?? 1) === 1) {
    for (const option of idle(NEUTRAL_WITHOUT_BEAMS, "num_beams")) {
      add("needs_beams", option, `${option} only acts with num_beams above 1.`);
    }
  }
  if (isSet("max_new_tokens") && isSet("max_length")) {
    add("overridden", "max_length", "max_new_tokens wins over max_length.");
  } else if (!isSet("max_new_tokens") && !isSet("max_length")) {
    add("default_length", "max_new_tokens", "Without max_new_tokens an answer ends after 20 tokens.");
  }
  if (isSet("min_new_tokens") && options.min_length) {
    add("overridden", "min_length", "min_new_tokens wins over min_length.");
  }
  if (!options.return_dict_in_generate) {
    for (const option of ["output_scores", "output_logits"] as const) {
      if (options[option]) add("needs_return_dict", option, `${option} only acts with return_dict_in_generate: true.`);
    }
  }
  return warnings;
}
