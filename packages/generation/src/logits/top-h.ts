import { topIndices } from "./highest.js";
import type { LogitsProcessor } from "./processor.js";
import { categoricalEntropy, softmax } from "./softmax.js";

/** Transformers looks at no more tokens than these. */
const TOP_N = 100;

/**
 * Keeps the likeliest tokens whose shares of the entropy sum to at most `h` of it, and always one. Transformers'
 * `TopHLogitsWarper` (Potraghloo et al. 2025, arXiv:2509.02510).
 */
export function topH(h: number): LogitsProcessor {
  return (_input_ids, scores) => {
    const ids = topIndices(scores, TOP_N);
    const top = Float32Array.from(ids, (id) => scores[id]!);
    const distribution = softmax(top);
    const limit = Math.fround(Math.fround(categoricalEntropy(top, distribution)) * Math.fround(h));

    let kept = 0;
    for (let sum = 0; kept < top.length; kept++) {
      const probability = distribution.probability(top[kept]!);
      sum -= Math.fround(probability * Math.fround(Math.log(probability)));
      // A probability of 0 makes the sum NaN, which is not within the limit.
      if (kept > 0 && !(Math.fround(sum) <= limit)) break;
    }
    scores.fill(Number.NEGATIVE_INFINITY);
    for (let rank = 0; rank < kept; rank++) scores[ids[rank]!] = top[rank]!;
  };
}
