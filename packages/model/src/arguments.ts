import { GenerationConfig } from "@internvl/config";
import {
  assertKnownOptions,
  GENERATION_OPTION_NAMES,
  type GenerationOptions,
  generationWarnings,
} from "@internvl/generation";
import type { GenerateInputs } from "./engine/engine.js";
import type { GenerateArguments } from "./model.js";

const INPUT_NAMES: readonly (keyof GenerateInputs)[] = [
  "input_ids",
  "attention_mask",
  "pixel_values",
  "num_patches",
  "image_flags",
  "past_key_values",
  "prefill_chunk_size",
  "streamer",
  "logits_processor",
  "stopping_criteria",
  "signal",
  "progress_callback",
];

/**
 * Takes the one object of a `generate` call apart. Options of the call win over its `generation_config`, which stands in
 * for the model's own. Warnings are about what the call itself says, as in Transformers.
 *
 * @throws InternVLError `INPUT_INVALID` for a name that is neither, with the nearest one
 */
export function splitArguments(
  args: GenerateArguments,
  defaults: GenerationConfig,
): { inputs: GenerateInputs; options: GenerationOptions } {
  const { generation_config = defaults, warning_callback, ...rest } = args;
  assertKnownOptions(rest, [...INPUT_NAMES, ...GENERATION_OPTION_NAMES, "generation_config", "warning_callback"]);
  const isInput = (name: string) => (INPUT_NAMES as readonly string[]).includes(name);
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  const configured = generationOptions(generation_config);
  const entries = Object.entries({ ...configured, ...given });
  const options: GenerationOptions = Object.fromEntries(entries.filter(([name]) => !isInput(name)));
  if (warning_callback !== undefined) {
    const own = args.generation_config === undefined ? given : { ...configured, ...given };
    for (const warning of generationWarnings(options, new Set(Object.keys(own)))) warning_callback(warning);
  }
  return {
    inputs: Object.fromEntries(entries.filter(([name]) => isInput(name))) as unknown as GenerateInputs,
    options,
  };
}

/** Fields that say nothing to the loop: the prompt has its BOS already, and there always is a cache. */
const WITHOUT_EFFECT = ["bos_token_id", "use_cache"];

/**
 * What a config changes. Options that are not built yet stay in, so that they are refused and not ignored; what a file
 * holds for other programs (`transformers_version`) is left out.
 */
function generationOptions(config: GenerationConfig | GenerationOptions): GenerationOptions {
  if (!(config instanceof GenerationConfig)) return config;
  const changed = Object.entries(config.to_diff_dict());
  return Object.fromEntries(
    changed.filter(([name]) => !WITHOUT_EFFECT.includes(name) && !Object.hasOwn(config.extra, name)),
  );
}
