import { kthHighest } from "./highest.js";
import type { LogitsProcessor } from "./processor.js";
import { categoricalEntropy, type Softmax, softmax } from "./softmax.js";

/** Keeps tokens that are at least this probable. Transformers' `EpsilonLogitsWarper` (Hewitt et al. 2022, arXiv:2210.15191). */
export function epsilonCutoff(epsilon: number, min_tokens_to_keep = 1): LogitsProcessor {
  const threshold = Math.fround(epsilon);
  return (_input_ids, scores) => cutBelow(scores, softmax(scores), threshold, min_tokens_to_keep);
}

/** As `epsilonCutoff`, less strict where the distribution is flat. Transformers' `EtaLogitsWarper`, of the same paper. */
export function etaCutoff(epsilon: number, min_tokens_to_keep = 1): LogitsProcessor {
  const most = Math.fround(epsilon);
  const root = Math.fround(Math.sqrt(most));
  return (_input_ids, scores) => {
    const distribution = softmax(scores);
    const certainty = Math.fround(Math.exp(-Math.fround(categoricalEntropy(scores, distribution))));
    cutBelow(scores, distribution, Math.min(most, Math.fround(root * certainty)), min_tokens_to_keep);
  };
}

function cutBelow(scores: Float32Array, { probability }: Softmax, threshold: number, min_tokens_to_keep: number): void {
  const spared = kthHighest(scores, min_tokens_to_keep);
  for (let id = 0; id < scores.length; id++) {
    const score = scores[id]!;
    if (score < spared && probability(score) < threshold) scores[id] = Number.NEGATIVE_INFINITY;
  }
}
