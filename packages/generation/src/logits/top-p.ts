import { kthHighest } from "./highest.js";
import type { LogitsProcessor } from "./processor.js";
import { softmax } from "./softmax.js";

/**
 * Keeps the likeliest tokens whose probabilities sum to at least `p`, and always `min_tokens_to_keep`. Transformers'
 * `TopPLogitsWarper`: in ascending order, a token goes while the sum up to and with it is at most 1 - p. Of equal scores
 * low ids go first, which torch's sort leaves open.
 */
export function topP(p: number, min_tokens_to_keep = 1): LogitsProcessor {
  const removable = Math.fround(1 - p);
  return (_input_ids, scores) => {
    const { highest, count, total, weight, probability } = softmax(scores);
    if (count <= min_tokens_to_keep) return;

    // Sorting a whole vocabulary takes longer than everything else together. But all tokens below this bound together
    // weigh less than 1 - p, so they go wherever they stand, and only the others need an order.
    const unlikely = highest + Math.log((removable * total) / count) - 1e-3;
    const bound = min_tokens_to_keep > 1 ? Math.min(unlikely, kthHighest(scores, min_tokens_to_keep)) : unlikely;
    const ordered = new Float32Array(count);
    let candidates = 0;
    let sum = 1;
    for (let id = 0; id < scores.length; id++) {
      const score = scores[id]!;
      if (score < bound) scores[id] = Number.NEGATIVE_INFINITY;
      else {
        sum -= weight(score) / total;
        ordered[candidates++] = score;
      }
    }
    const ascending = ordered.subarray(0, candidates).sort();

    let removed = 0;
    while (removed < candidates - min_tokens_to_keep) {
      sum += probability(ascending[removed]!);
      if (Math.fround(sum) > removable) break;
      removed++;
    }
    const lowestKept = ascending[removed]!;
    let equalsToRemove = removed - ascending.indexOf(lowestKept);
    for (let id = 0; id < scores.length; id++) {
      const score = scores[id]!;
      if (score < lowestKept || (score === lowestKept && equalsToRemove-- > 0)) scores[id] = Number.NEGATIVE_INFINITY;
    }
  };
}
