import { expNonPositive } from "../sampling/exp.js";

/** What turns scores into probabilities: `weight(score) / total`. */
export interface Softmax {
  /** The highest score; its weight is 1. */
  highest: number;
  /** How many tokens are not ruled out. */
  count: number;
  /** The sum of all weights, float64. */
  total: number;
  weight(score: number): number;
  /** The probability of a token with this score, rounded to float32 as Transformers has it. */
  probability(score: number): number;
  /** The natural logarithm of that probability, rounded likewise. */
  logProbability(score: number): number;
}

export function softmax(scores: Float32Array): Softmax {
  let highest = Number.NEGATIVE_INFINITY;
  for (let id = 0; id < scores.length; id++) {
    if (scores[id]! > highest) highest = scores[id]!;
  }
  let count = 0;
  let total = 0;
  for (let id = 0; id < scores.length; id++) {
    if (scores[id] === Number.NEGATIVE_INFINITY) continue;
    count++;
    total += expNonPositive(scores[id]! - highest);
  }
  const weight = (score: number): number => expNonPositive(score - highest);
  const logTotal = Math.log(total);
  return {
    highest,
    count,
    total,
    weight,
    probability: (score) => Math.fround(weight(score) / total),
    logProbability: (score) => Math.fround(score - highest - logTotal),
  };
}

/** The entropy of the distribution, in nats. */
export function entropyOf(scores: Float32Array, { highest, total, weight }: Softmax): number {
  const logTotal = Math.log(total);
  return meanOf(
    scores,
    (score) => weight(score) / total,
    (score) => logTotal - (score - highest),
  );
}

/**
 * The same as `torch.distributions.Categorical` has it, which takes logsumexp off the scores: among huge ones
 * (`remove_invalid_values` makes them) the logarithm of the total is lost in it, and the entropy is 0.
 */
export function categoricalEntropy(scores: Float32Array, { highest, total, weight }: Softmax): number {
  const logSumExp = highest + Math.log(total);
  return meanOf(
    scores,
    (score) => weight(score) / total,
    (score) => logSumExp - score,
  );
}

function meanOf(
  scores: Float32Array,
  probability: (score: number) => number,
  information: (score: number) => number,
): number {
  let mean = 0;
  for (let id = 0; id < scores.length; id++) {
    const share = probability(scores[id]!);
    // 0 log 0 is 0.
    if (share !== 0) mean += share * information(scores[id]!);
  }
  return mean;
}
