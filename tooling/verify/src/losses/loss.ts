import type { TokenDistance } from "./distance.js";

/** What one dtype made of one question. */
export interface Measured {
  /** One for each token of full precision's answer, which both were given to read. */
  tokens: readonly TokenDistance[];
  /** Whether its own greedy answer is full precision's, token by token. */
  isSameAnswer: boolean;
  /** Cosine of its features of the picture to full precision's. */
  featureCosine: number;
  /** Tokens of its own answer, and the milliseconds from the question to their end. */
  newTokens: number;
  ms: number;
}

/** What a dtype costs and what it loses, over all questions. */
export interface Loss {
  dtype: string;
  /** Of all three graphs, with their weights. */
  bytes: number;
  /** Of answers, from the question on: picture and prompt are part of it. */
  tokens_per_second: number;
  /** Percent of the tokens of full precision's answers that this dtype holds most likely in their places. */
  tokens_same: number;
  /** Percent of answers that are full precision's to the last token. */
  answers_same: number;
  logit_distance_mean: number;
  logit_distance_max: number;
  /** Mean Kullback-Leibler divergence of a token, in nats. */
  divergence: number;
  /** Of all pictures the lowest. */
  feature_cosine_min: number;
}

export function summarise(dtype: string, bytes: number, measured: readonly Measured[]): Loss {
  const tokens = measured.flatMap((each) => each.tokens);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return {
    dtype,
    bytes,
    tokens_per_second: (1000 * sum(measured.map(({ newTokens }) => newTokens))) / sum(measured.map(({ ms }) => ms)),
    tokens_same: 100 * mean(tokens.map(({ isSame }) => Number(isSame))),
    answers_same: 100 * mean(measured.map(({ isSameAnswer }) => Number(isSameAnswer))),
    logit_distance_mean: mean(tokens.map((token) => token.mean)),
    logit_distance_max: tokens.reduce((most, { max }) => Math.max(most, max), 0),
    divergence: mean(tokens.map((token) => token.divergence)),
    feature_cosine_min: Math.min(...measured.map(({ featureCosine }) => featureCosine)),
  };
}
