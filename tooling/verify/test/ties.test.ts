import { expect, test } from "vitest";
import { type ChosenToken, tiedAt } from "../src/demo/ties.js";

const answer = (...tokens: [token: number, runnerUp: number, margin: number][]): ChosenToken[] =>
  tokens.map(([token, runnerUp, margin]) => ({ token, runnerUp, margin }));

const expected = answer([5, 6, 3], [7, 8, 0.006], [9, 1, 2]);

test("answers that are the same have no tie that matters", () => {
  expect(tiedAt(expected, expected, true)).toBeUndefined();
});

test("the runner-up of a tie is as good, in int8", () => {
  const got = answer([5, 6, 3], [8, 7, 0.001], [4, 1, 2]);
  expect(tiedAt(got, expected, true)).toBe(1);
  expect(tiedAt(got, expected, false)).toBeUndefined();
});

test.each([
  ["another token than the runner-up", answer([5, 6, 3], [3, 8, 0.001])],
  ["the runner-up where there was no tie", answer([6, 5, 0.01])],
  ["an answer that ends early", answer([5, 6, 3])],
])("%s is a difference", (_, got) => {
  expect(tiedAt(got, expected, true)).toBeUndefined();
});
