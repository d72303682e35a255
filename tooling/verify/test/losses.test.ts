import { expect, test } from "vitest";
import { type TokenDistance, tokenDistance } from "../src/losses/distance.js";
import { type Measured, summarise } from "../src/losses/loss.js";
import { lossTable } from "../src/losses/table.js";

test("logits are compared one by one, distributions as a whole", () => {
  // Probabilities 1/2, 1/4, 1/4 and 1/4, 1/2, 1/4; a constant added to all logits changes no probability.
  const reference = Float32Array.from([Math.log(2), 0, 0]);
  const logits = Float32Array.from([3, 3 + Math.log(2), 3]);
  const { isSame, mean, max, divergence } = tokenDistance(reference, logits);
  expect(isSame).toBe(false);
  expect(mean).toBeCloseTo(3, 6);
  expect(max).toBeCloseTo(3 + Math.log(2), 6);
  expect(divergence).toBeCloseTo(0.25 * Math.log(2), 6);
  expect(tokenDistance(reference, reference)).toEqual({ isSame: true, mean: 0, max: 0, divergence: 0 });
});

test("logits far apart give no NaN", () => {
  const [reference, logits] = [Float32Array.from([800, 0]), Float32Array.from([0, 800])];
  expect(tokenDistance(reference, logits).divergence).toBeCloseTo(800, 3);
});

test("a dtype's losses are over all tokens, its speed over all time", () => {
  const token = (isSame: boolean, mean: number, max: number, divergence: number): TokenDistance => {
    return { isSame, mean, max, divergence };
  };
  const measured: Measured[] = [
    {
      tokens: [token(true, 1, 2, 0.1), token(true, 1, 3, 0.1), token(false, 4, 9, 0.4)],
      isSameAnswer: false,
      featureCosine: 0.99,
      newTokens: 3,
      ms: 30,
    },
    { tokens: [token(true, 2, 4, 0.2)], isSameAnswer: true, featureCosine: 0.98, newTokens: 1, ms: 10 },
  ];
  const loss = summarise("q4", 1_234_567, measured);
  expect(loss).toEqual({
    dtype: "q4",
    bytes: 1_234_567,
    tokens_per_second: 100,
    tokens_same: 75,
    answers_same: 50,
    logit_distance_mean: 2,
    logit_distance_max: 9,
    divergence: expect.closeTo(0.2, 12),
    feature_cosine_min: 0.98,
  });
  expect(lossTable([loss]).split("\n")).toEqual([
    "dtype    MB  tok/s  tokens same  answers same  |logit| mean  max      KL  features' cosine",
    "q4     1.23    100       75.00%         50.0%           2.0  9.0  2.0e-1          0.980000",
  ]);
});
