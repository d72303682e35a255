import { GENERATION_CONFIG_FILE, GenerationConfig, type InternVL2_5Config } from "@internvl/config";
import type { ModelFiles } from "@internvl/core";
import type { InternVL2_5Processor } from "@internvl/processor";

/** What ends a turn in every template of the family. */
const END_OF_TURN = "<|im_end|>";

/**
 * A folder's generation_config.json. Where there is none: the model's own end of text, and the end of a turn, which an
 * answer of the original's `chat()` ends with and which InternLM2's configuration does not name.
 */
export async function readGenerationConfig(
  source: ModelFiles,
  config: InternVL2_5Config,
  processor: InternVL2_5Processor,
  options: { signal?: AbortSignal },
): Promise<GenerationConfig> {
  if (await source.has(GENERATION_CONFIG_FILE)) return GenerationConfig.from_pretrained(source, options);
  const own = GenerationConfig.from_model_config(config);
  const ends = [processor.tokenizer.convert_tokens_to_ids(END_OF_TURN), own.eos_token_id].flat();
  const eos_token_id = [...new Set(ends.filter((id) => id !== null))];
  return eos_token_id.length === 0 ? own : own.with({ eos_token_id });
}
