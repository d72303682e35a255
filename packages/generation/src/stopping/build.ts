import { InternVLError } from "@internvl/core";
import type { ResolvedOptions } from "../resolve-options.js";
import type { TokenDecoder } from "../types.js";
import type { FinishReason, StoppingCriteria } from "./criteria.js";
import { eosToken, maxLength, maxTime } from "./limits.js";
import { stopStrings } from "./stop-strings.js";

/** Says why a row ends here, or `undefined` when it goes on. */
export type StopCheck = (...args: Parameters<StoppingCriteria>) => FinishReason | undefined;

/**
 * All criteria as one question. Where several apply, what the model or the caller meant is named before a mere limit.
 *
 * @throws InternVLError `INPUT_INVALID` for stop strings without a decoder
 */
export function buildStopCheck(
  options: ResolvedOptions,
  decoder: TokenDecoder | undefined,
  custom: readonly StoppingCriteria[],
): StopCheck {
  const checks: [FinishReason, StoppingCriteria][] = [];
  if (options.eos_token_ids.length > 0) checks.push(["eos", eosToken(options.eos_token_ids)]);
  if (options.stop_strings.length > 0) {
    if (decoder === undefined) {
      throw new InternVLError("INPUT_INVALID", {
        what: "stop_strings were given without a decoder to find them in the text",
        fix: "Pass the processor or tokenizer as `decoder`.",
      });
    }
    checks.push(["stop_string", stopStrings(options.stop_strings, decoder)]);
  }
  for (const criteria of custom) checks.push(["criteria", criteria]);
  checks.push(["length", maxLength(options.max_length)]);
  if (options.max_time !== undefined) checks.push(["time", maxTime(options.max_time)]);
  return (input_ids, scores, row) => checks.find(([, criteria]) => criteria(input_ids, scores, row))?.[0];
}
