import { GraphBuilder, type Value } from "@internvl/onnx";
import { describe, expect, it } from "vitest";
import { floats, noise, noiseTensor, run } from "./run.js";

const X = noise(24);

/** The numbers of the outputs, for `x [2, 3, 4]`. */
async function outputs(op: (g: GraphBuilder, x: Value) => readonly Value[]): Promise<number[][]> {
  const g = new GraphBuilder({ name: "shape" });
  op(g, g.input("x", "float32", ["batch", "tokens", 4])).forEach((value, i) => {
    g.output(`y${i}`, value);
  });
  const results = await run(g, { x: noiseTensor([2, 3, 4]) });
  return g.outputs.map(({ name }) => floats(results[name]));
}

/** The elements of `x` whose `[batch, token, channel]` passes. */
function pick(test: (b: number, t: number, c: number) => boolean): number[] {
  return [...X].filter((_, i) => test(Math.floor(i / 12), Math.floor(i / 4) % 3, i % 4));
}

describe("shape ops move the right numbers", () => {
  it("slice", async () => {
    const [rest, last, odd] = await outputs((g, x) => [
      g.slice(x, { axis: 1, start: 1 }),
      g.slice(x, { axis: 1, start: -1 }),
      g.slice(x, { axis: 2, start: 1, step: 2 }, { axis: 0, end: 1 }),
    ]);
    expect(rest).toEqual(pick((_, t) => t >= 1));
    expect(last).toEqual(pick((_, t) => t === 2));
    expect(odd).toEqual(pick((b, _, c) => b === 0 && c % 2 === 1));
  });

  it("split", async () => {
    const [first, second] = await outputs((g, x) => g.split(x, 2, [1, 3]));
    expect(first).toEqual(pick((_b, _t, c) => c === 0));
    expect(second).toEqual(pick((_b, _t, c) => c > 0));
  });

  it("concat undoes split", async () => {
    expect(await outputs((g, x) => [g.concat(g.split(x, -1, [1, 3]), -1)])).toEqual([[...X]]);
  });

  it("transpose", async () => {
    const [swapped] = await outputs((g, x) => [g.transpose(x, [2, 0, 1])]);
    expect(swapped).toEqual([0, 1, 2, 3].flatMap((channel) => pick((_b, _t, c) => c === channel)));
  });

  it("gather", async () => {
    const [tokens] = await outputs((g, x) => [g.gather(x, g.ints([2, 0]), 1)]);
    const row = (batch: number, token: number) => pick((b, t) => b === batch && t === token);
    expect(tokens).toEqual([...row(0, 2), ...row(0, 0), ...row(1, 2), ...row(1, 0)]);
  });

  it("reshape and expand to computed shapes", async () => {
    const [reshaped, expanded] = await outputs((g, x) => [
      g.reshape(x, ["tokens", "batch", 4], g.shapeOf([g.dim(x, 1), g.dim(x, 0), 4])),
      g.expand(g.constant("float32", [1, 2], [1, 2]), ["batch", 2], g.shapeOf([g.dim(x, 0), 2])),
    ]);
    expect(reshaped).toEqual([...X]);
    expect(expanded).toEqual([1, 2, 1, 2]);
  });
});
