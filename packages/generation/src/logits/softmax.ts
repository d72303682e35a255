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
  return expected(
    scores,
    (score) => weight(score) / total,
    (score) => score - highest - logTotal,
  );
}

/**
 * The same as `torch.distributions.Categorical` has it, which takes logsumexp off in float32: where the highest scores are
 * huge (`remove_invalid_values` makes them so) the logarithm of the total is lost, and so is the entropy.
 */
export function categoricalEntropy(scores: Float32Array, { highest, total, weight }: Softmax): number {
  const logSumExp = Math.fround(highest + Math.fround(Math.log(total)));
  return expected(
    scores,
    (score) => weight(score) / total,
    (score) => Math.fround(score - logSumExp),
  );
}

/** The mean of `-log` over the distribution. */
function expected(
  scores: Float32Array,
  probability: (score: number) => number,
  log: (score: number) => number,
): number {
  let sum = 0;
  for (let id = 0; id < scores.length; id++) {
    const share = probability(scores[id]!);
    // 0 log 0 is 0.
    if (share !== 0) sum -= share * log(scores[id]!);
  }
  return sum;
}
