import { topIndices } from "./highest.js";
import type { LogitsProcessor } from "./processor.js";
import { softmax } from "./softmax.js";

/** Keeps tokens at least `p` times as probable as the likeliest. Transformers' `MinPLogitsWarper`. */
export function minP(p: number, min_tokens_to_keep = 1): LogitsProcessor {
  return (_input_ids, scores) => {
    const { highest, probability } = softmax(scores);
    // By probability, as in Transformers: scores far below the highest are all 0 there, and of those the first stay.
    const spared =
      min_tokens_to_keep > 1 ? new Set(topIndices(scores.map(probability), min_tokens_to_keep)) : undefined;
    const threshold = Math.fround(Math.fround(p) * probability(highest));
    // Far below the threshold no probability needs to be computed.
    const bound = highest + Math.log(p) - 1e-3;
    for (let id = 0; id < scores.length; id++) {
      const score = scores[id]!;
      const unlikely = score < bound || (score < highest && probability(score) < threshold);
      if (unlikely && !spared?.has(id)) scores[id] = Number.NEGATIVE_INFINITY;
    }
  };
}
