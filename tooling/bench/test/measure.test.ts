import { expect, test } from "vitest";
import { inTurn, median } from "../src/measure.js";

test("the median is the middle value, or the mean of the middle two", () => {
  expect(median([5, 1, 9])).toBe(5);
  expect(median([8, 1, 3, 2])).toBe(2.5);
  expect(median([10, 9, 100])).toBe(10);
  expect(median([])).toBeNaN();
});

test("tasks run in turn, and warm-ups are thrown away", async () => {
  const calls: string[] = [];
  let value = 0;
  const task = (name: string) => async () => {
    calls.push(name);
    return { ms: value++ };
  };
  const samples = await inTurn([task("a"), task("b")], 2, 1);
  expect(calls).toEqual(["a", "b", "a", "b", "a", "b"]);
  expect(samples).toEqual([{ ms: [2, 4] }, { ms: [3, 5] }]);
});
