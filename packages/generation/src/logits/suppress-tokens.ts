import type { LogitsProcessor } from "./processor.js";

/** Rules tokens out. Transformers' `SuppressTokensLogitsProcessor`. */
export function suppressTokens(ids: readonly number[]): LogitsProcessor {
  return (_input_ids, scores) => ruleOut(scores, ids);
}

/**
 * Rules tokens out as the first new one.
 *
 * @param begin_index the length of a row, padding and prompt included, whose next token is meant. Transformers'
 *   `SuppressTokensAtBeginLogitsProcessor`.
 */
export function suppressTokensAtBegin(ids: readonly number[], begin_index: number): LogitsProcessor {
  return (input_ids, scores) => {
    if (input_ids.length === begin_index) ruleOut(scores, ids);
  };
}

/** Ids past the end of the vocabulary do nothing. */
function ruleOut(scores: Float32Array, ids: readonly number[]): void {
  for (const id of ids) scores[id] = Number.NEGATIVE_INFINITY;
}
