import { addDims, GraphBuilder, type Shape } from "@internvl/onnx";
import { describe, expect, it } from "vitest";

describe("symbolic dimensions", () => {
  it.each<[Shape, Shape, Shape]>([
    // from, wanted, got
    [
      ["tiles", 32, 32, 1024],
      ["tiles", 32, 16, 2048],
      ["tiles", 32, 16, 2048],
    ],
    [
      ["tiles", 256, 64],
      [-1, 64],
      ["256*tiles", 64],
    ],
    [
      ["256*tiles", 64],
      ["tiles", 256, 64],
      ["tiles", 256, 64],
    ],
    [
      ["batch", 14, "new", 64],
      ["batch", 2, -1, 64],
      ["batch", 2, "7*new", 64],
    ],
    [["batch", "tokens", 8], [-1], ["8*batch*tokens"]],
    [["past + new", 4], [-1], ["4*(past + new)"]],
    [
      ["n", 3],
      [-1, 2],
      ["3*n/2", 2],
    ],
    [
      ["n", 4],
      ["rows", 2, 2],
      ["rows", 2, 2],
    ],
    [
      [2, 3, 4],
      [-1, 6],
      [4, 6],
    ],
  ])("%j reshaped to %j is %j", (from, wanted, got) => {
    const g = new GraphBuilder({ name: "dims" });
    expect(g.reshape(g.input("x", "float32", from), wanted).shape).toEqual(got);
  });

  it.each([
    [2, 3, 5],
    ["past", "new", "past + new"],
    ["new", "new", "2*new"],
    ["2*new", "new", "3*new"],
    ["n", 1, "n + 1"],
    ["n", -1, "n - 1"],
    [0, "n", "n"],
    ["n", 0, "n"],
  ])("%s and %s end to end are %s", (a, b, sum) => {
    expect(addDims(a, b)).toBe(sum);
  });
});
