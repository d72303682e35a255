import { describe, expect, it } from "vitest";
import { slopeOf } from "../src/benchmarks/soak.js";

describe("slopeOf", () => {
  it("is that of the line through the values", () => {
    expect(slopeOf([5, 5, 5, 5])).toBe(0);
    expect(slopeOf([1, 3, 5, 7])).toBe(2);
    // numpy.polyfit([0, 1, 2, 3], [2, 1, 4, 3], 1)[0]
    expect(slopeOf([2, 1, 4, 3])).toBeCloseTo(0.6, 12);
  });
});
