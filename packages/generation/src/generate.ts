import { AbortedError, isAbort } from "@internvl/core";
import { beamSearch } from "./loops/beam-search.js";
import { type Generation, prepareGeneration } from "./loops/generation.js";
import { promptLookup } from "./loops/prompt-lookup.js";
import { tokenByToken } from "./loops/token-by-token.js";
import type { GenerateTokensArguments, GenerateTokensResult } from "./types.js";
import { generationWarnings } from "./warnings.js";

/**
 * Generates with any model that can read one token per row: chooses tokens, feeds them back, and stops each row in its
 * time. Rows that have ended stay frozen at `pad_token_id`; once all have ended the model is not called again.
 *
 * @throws InternVLError `INPUT_INVALID`, `UNSUPPORTED` (options), `RUNTIME_FAILED` (logits that are no numbers)
 * @throws AbortedError when stopped through `signal`; its `partial` is `{ sequences }`, the rows so far
 * @throws whatever the model, the streamer, a logits processor or a stopping criterion throws, unchanged
 */
export async function generateTokens(args: GenerateTokensArguments): Promise<GenerateTokensResult> {
  const { streamer, signal } = args;
  let generation: Generation | undefined;
  try {
    generation = prepareGeneration(args);
    warn(args);
    const result = await loopFor(generation)(generation);
    streamer?.end();
    return result;
  } catch (error) {
    if (!(signal?.aborted && isAbort(error))) {
      streamer?.fail?.(error);
      throw error;
    }
    streamer?.end();
    const partial = { sequences: generation?.sequences ?? [] };
    throw new AbortedError("The generation was stopped", { cause: signal.reason, partial });
  }
}

/** Transformers' `get_generation_mode`. */
function loopFor({ options }: Generation): (generation: Generation) => Promise<GenerateTokensResult> {
  if (options.num_beams > 1) return beamSearch;
  return options.prompt_lookup_num_tokens === undefined ? tokenByToken : promptLookup;
}

function warn(args: GenerateTokensArguments): void {
  if (args.warning_callback === undefined) return;
  // The whole result is always returned here.
  for (const warning of generationWarnings({ ...args, return_dict_in_generate: true })) args.warning_callback(warning);
}
