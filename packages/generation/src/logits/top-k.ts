import { kthHighest } from "./highest.js";
import type { LogitsProcessor } from "./processor.js";

/** Keeps the `k` highest scores and all that equal the lowest of them. Transformers' `TopKLogitsWarper`. */
export function topK(k: number, min_tokens_to_keep = 1): LogitsProcessor {
  const kept = Math.max(k, min_tokens_to_keep);
  return (_input_ids, scores) => {
    if (kept >= scores.length) return;
    const threshold = kthHighest(scores, kept);
    for (let id = 0; id < scores.length; id++) {
      if (scores[id]! < threshold) scores[id] = Number.NEGATIVE_INFINITY;
    }
  };
}
