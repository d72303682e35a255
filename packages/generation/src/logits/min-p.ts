import type { LogitsProcessor } from "./processor.js";
import { softmax } from "./softmax.js";

/** Keeps tokens at least `p` times as probable as the likeliest. Transformers' `MinPLogitsWarper`. */
export function minP(p: number): LogitsProcessor {
  return (_input_ids, scores) => {
    const { highest, probability } = softmax(scores);
    const threshold = Math.fround(Math.fround(p) * probability(highest));
    // Far below the threshold no probability needs to be computed.
    const bound = highest + Math.log(p) - 1e-3;
    for (let id = 0; id < scores.length; id++) {
      const score = scores[id]!;
      if (score < bound || (score < highest && probability(score) < threshold)) scores[id] = Number.NEGATIVE_INFINITY;
    }
  };
}
