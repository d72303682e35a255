import type { LogitsProcessor } from "./processor.js";
import { softmax } from "./softmax.js";

/** Scores become the logarithms of probabilities. Transformers' `LogitNormalization`. */
export function renormalizeLogits(): LogitsProcessor {
  return (_input_ids, scores) => {
    const { logProbability } = softmax(scores);
    for (let id = 0; id < scores.length; id++) scores[id] = logProbability(scores[id]!);
  };
}
