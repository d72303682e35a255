import { expect, test } from "vitest";
import { averageFrameRate } from "../src/frame-rate.js";

test.each([24, 25, 30, 50, 60, 24_000 / 1001, 30_000 / 1001, 12.5, 7.3])(
  "%d frames a second, times in milliseconds",
  (rate) => {
    const times = Array.from({ length: 300 }, (_, index) => Math.round((index / rate) * 1000) / 1000);
    const got = averageFrameRate(300, 0, times.at(-1)!, 0);
    if (rate === 12.5 || rate === 7.3) expect(got).toBeCloseTo(rate, 2);
    else expect(got).toBe(rate);
  },
);

test("a video of one frame has the rate of its length, or none", () => {
  expect(averageFrameRate(1, 0, 0, 0.04)).toBe(25);
  expect(averageFrameRate(1, 0, 0, 0)).toBe(0);
});
