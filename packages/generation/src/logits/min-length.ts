import type { LogitsProcessor } from "./processor.js";

/**
 * Rules out the end of a row while it is shorter than `length`, padding and prompt included. Transformers'
 * `MinLengthLogitsProcessor`, and `MinNewTokensLengthLogitsProcessor` with the prompt's length added.
 */
export function minLength(length: number, eos_token_ids: readonly number[]): LogitsProcessor {
  return (input_ids, scores) => {
    if (input_ids.length >= length) return;
    for (const id of eos_token_ids) {
      // Assigning past the end of a typed array does nothing.
      scores[id] = Number.NEGATIVE_INFINITY;
    }
  };
}
