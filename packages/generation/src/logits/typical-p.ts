import type { LogitsProcessor } from "./processor.js";
import { entropyOf, softmax } from "./softmax.js";

/**
 * Keeps the tokens whose information is closest to what is expected, until their probabilities sum to `mass` (Meister et
 * al. 2022, arXiv:2202.00666). Transformers' `TypicalLogitsWarper`.
 */
export function typicalP(mass: number, min_tokens_to_keep = 1): LogitsProcessor {
  const wanted = Math.fround(mass);
  return (_input_ids, scores) => {
    const distribution = softmax(scores);
    const entropy = Math.fround(entropyOf(scores, distribution));
    const ids: number[] = [];
    const distance = new Float32Array(scores.length);
    for (let id = 0; id < scores.length; id++) {
      if (scores[id] === Number.NEGATIVE_INFINITY) continue;
      ids.push(id);
      distance[id] = Math.abs(-distribution.logProbability(scores[id]!) - entropy);
    }
    ids.sort((a, b) => distance[a]! - distance[b]!);

    let last = 0;
    for (let sum = 0; last < ids.length; last++) {
      sum += distribution.probability(scores[ids[last]!]!);
      if (Math.fround(sum) >= wanted) break;
    }
    const furthest = distance[ids[Math.min(last, ids.length - 1)]!]!;
    for (const id of ids.slice(min_tokens_to_keep)) {
      if (distance[id]! > furthest) scores[id] = Number.NEGATIVE_INFINITY;
    }
  };
}
