import type { TextConfig } from "@internvl/config";
import { describe, expect, it } from "vitest";
import { groupFor, sharingRules } from "../src/engine/grouping.js";

describe("groupFor", () => {
  it.each<[what: string, length: number, groups: number[][], expected: number | undefined]>([
    ["no group", 100, [], undefined],
    ["rows of the same length", 100, [[100]], 0],
    ["the group in which it hides the fewest columns", 1000, [[100], [900, 950], [2000]], 1],
    ["a shorter row, within the limit", 100, [[1124]], 0],
    ["a shorter row, past it", 100, [[1125]], undefined],
    ["a longer row, which makes all others pad", 1700, [[100, 1000]], undefined],
    ["a longer row, within the limit for all together", 700, [[300, 200]], 0],
    ["a full group", 100, [new Array<number>(16).fill(100)], undefined],
    ["another where the first is full", 100, [new Array<number>(16).fill(100), [90]], 1],
  ])("%s", (_, length, groups, expected) => {
    expect(groupFor(length, groups)).toBe(expected);
  });
});

describe("sharingRules", () => {
  const text = (rope_scaling: TextConfig["rope_scaling"]) => ({ max_position_embeddings: 4096, rope_scaling });

  it("keep the rows of an int8 decoder apart, and no others", () => {
    expect(sharingRules("int8", "int8", text(null)).independentRows).toBe(false);
    for (const dtype of ["fp32", "fp16", "q8", "q4"] as const) {
      expect(sharingRules(dtype, dtype, text(null)).independentRows).toBe(true);
    }
  });

  it("keep prompts whole that are read in int8, whatever reads what follows", () => {
    expect(sharingRules("q4", "int8", text(null))).toMatchObject({ independentRows: true, independentPieces: false });
    expect(sharingRules("q4", "q4", text(null)).independentPieces).toBe(true);
  });

  it("limit rows where rotation depends on a row's length", () => {
    expect(sharingRules("q4", "q4", text(null)).longestShared).toBe(Number.POSITIVE_INFINITY);
    expect(sharingRules("q4", "q4", text({ rope_type: "linear", factor: 2 })).longestShared).toBe(
      Number.POSITIVE_INFINITY,
    );
    expect(sharingRules("q4", "q4", text({ rope_type: "dynamic", factor: 2 })).longestShared).toBe(4096);
  });
});
