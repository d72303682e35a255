import type { LogitsProcessor } from "./processor.js";

/** After a prompt of one token, only this one may follow. Transformers' `ForcedBOSTokenLogitsProcessor`. */
export function forcedBosToken(id: number): LogitsProcessor {
  return (input_ids, scores) => {
    if (input_ids.length === 1) force(scores, [id]);
  };
}

/** The last token that `max_length` leaves room for is one of these. Transformers' `ForcedEOSTokenLogitsProcessor`. */
export function forcedEosToken(max_length: number, ids: readonly number[]): LogitsProcessor {
  return (input_ids, scores) => {
    if (input_ids.length === max_length - 1) force(scores, ids);
  };
}

function force(scores: Float32Array, ids: readonly number[]): void {
  scores.fill(Number.NEGATIVE_INFINITY);
  for (const id of ids) scores[id] = 0;
}
