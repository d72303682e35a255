import type { LogitsProcessor } from "./processor.js";

const LARGEST = 3.4028234663852886e38;

/** NaN becomes 0, infinite values the largest finite ones. Transformers' `InfNanRemoveLogitsProcessor`. */
export function removeInvalidValues(): LogitsProcessor {
  return (_input_ids, scores) => {
    for (let id = 0; id < scores.length; id++) {
      const score = scores[id]!;
      if (Number.isNaN(score)) scores[id] = 0;
      else if (score === Number.POSITIVE_INFINITY) scores[id] = LARGEST;
      else if (score === Number.NEGATIVE_INFINITY) scores[id] = -LARGEST;
    }
  };
}
