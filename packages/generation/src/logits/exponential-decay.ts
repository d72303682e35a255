import type { LogitsProcessor } from "./processor.js";

/**
 * From a length on, makes the end of a row likelier with each token. Transformers' `ExponentialDecayLengthPenalty`.
 *
 * @param start the length of a row, padding and prompt included, after which it begins
 * @param factor to the power of the tokens since then; above 1
 */
export function exponentialDecayLengthPenalty(
  start: number,
  factor: number,
  eos_token_ids: readonly number[],
): LogitsProcessor {
  return (input_ids, scores) => {
    if (input_ids.length <= start) return;
    const growth = Math.fround(factor ** (input_ids.length - start) - 1);
    for (const id of eos_token_ids) {
      const score = scores[id];
      // The absolute value, so that a score below 0 rises as well.
      if (Number.isFinite(score)) scores[id] = score! + Math.fround(Math.abs(score!) * growth);
    }
  };
}
