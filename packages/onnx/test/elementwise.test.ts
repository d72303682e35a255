import { GraphBuilder, type Value } from "@internvl/onnx";
import { describe, expect, it } from "vitest";
import { erf } from "./reference.js";
import { expectClose, floats, noise, noiseTensor, run } from "./run.js";

const X = noise(12);

async function evaluate(op: (g: GraphBuilder, x: Value) => Value): Promise<number[]> {
  const g = new GraphBuilder({ name: "elementwise" });
  g.output("y", op(g, g.input("x", "float32", ["rows", 4])));
  return floats((await run(g, { x: noiseTensor([3, 4]) }))["y"]);
}

function expected(op: (x: number) => number): number[] {
  return Array.from(X, op);
}

describe("elementwise", () => {
  it("gelu is exact, by erf", async () => {
    expectClose(
      await evaluate((g, x) => g.gelu(x)),
      expected((x) => (x / 2) * (1 + erf(x / Math.SQRT2))),
      1e-6,
    );
  });

  it("gelu approximates by tanh on request", async () => {
    const tanh = (x: number) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
    expectClose(await evaluate((g, x) => g.gelu(x, { approximate: "tanh" })), expected(tanh), 1e-6);
  });

  it("quickGelu is SiLU at alpha 1", async () => {
    expectClose(
      await evaluate((g, x) => g.quickGelu(x)),
      expected((x) => x / (1 + Math.exp(-x))),
      1e-6,
    );
  });

  it("a number stands on either side", async () => {
    expectClose(
      await evaluate((g, x) => g.sub(1, g.mul(x, 3))),
      expected((x) => 1 - 3 * x),
      1e-6,
    );
  });

  it("where chooses", async () => {
    expectClose(
      await evaluate((g, x) => g.where(g.less(x, 0), 0, x)),
      expected((x) => Math.max(x, 0)),
      0,
    );
  });

  it.each([
    [
      "float16",
      [1, -0.1, 65504, 1e6, 5.97e-8, 6.1e-5, 0, 1 / 3, 2049],
      [1, -0.0999755859375, 65504, Infinity, 2 ** -24, 1023 * 2 ** -24, 0, 0.333251953125, 2048],
    ],
    ["bfloat16", [1, -0.1, 1 / 3, 257, 259], [1, -0.10009765625, 0.333984375, 256, 260]],
  ] as const)("constants of type %s are rounded to the nearest, ties to even", async (type, values, rounded) => {
    const g = new GraphBuilder({ name: "constants" });
    const constant = g.constant(type, values);
    g.output("y", g.cast(constant, "float32"));
    expect(floats((await run(g))["y"])).toEqual(rounded);
  });
});
