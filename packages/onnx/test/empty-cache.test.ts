import { GraphBuilder } from "@internvl/onnx";
import { describe, expect, it } from "vitest";
import { attend } from "./reference.js";
import { expectClose, floats, noise, noiseTensor, run } from "./run.js";

/** Attention over a cache that is fed, and new rows beside it, must work while the cache is still empty. */
describe("a dimension of length zero", () => {
  const [heads, s, d] = [2, 3, 4];

  function inputs(g: GraphBuilder) {
    return {
      q: g.input("q", "float32", ["batch", heads, "new", d]),
      past: g.input("past", "float32", ["batch", heads, "past", d]),
    };
  }

  it("queries times no keys give rows without scores", async () => {
    const g = new GraphBuilder({ name: "scores" });
    const { q, past } = inputs(g);
    g.output("fused", g.fusedMatMul(q, past, { transB: true, alpha: 0.5 }));
    g.output("plain", g.matmul(q, g.transpose(past, [0, 1, 3, 2])));
    g.output("softmax", g.softmax(g.fusedMatMul(q, past, { transB: true })));
    const results = await run(g, { q: noiseTensor([1, heads, s, d]), past: noiseTensor([1, heads, 0, d]) });
    for (const name of ["fused", "plain", "softmax"]) expect(results[name]?.dims, name).toEqual([1, heads, s, 0]);
  });

  it("no probabilities times no values give zeros", async () => {
    const g = new GraphBuilder({ name: "values" });
    const probabilities = g.input("p", "float32", ["batch", heads, "new", "past"]);
    const past = g.input("past", "float32", ["batch", heads, "past", d]);
    g.output("fused", g.fusedMatMul(probabilities, past, { alpha: 0.5 }));
    g.output("plain", g.matmul(probabilities, past));
    const results = await run(g, { p: noiseTensor([1, heads, s, 0]), past: noiseTensor([1, heads, 0, d]) });
    for (const name of ["fused", "plain"])
      expect(floats(results[name]), name).toEqual(new Array(heads * s * d).fill(0));
  });

  it.each([0, 2])("one softmax over %i cached and the new scores is attention", async (length) => {
    const g = new GraphBuilder({ name: "attention" });
    const { q, past } = inputs(g);
    const fresh = g.input("fresh", "float32", ["batch", heads, "new", d]);
    const scores = g.concat(
      [g.fusedMatMul(q, past, { transB: true, alpha: 0.5 }), g.fusedMatMul(q, fresh, { transB: true, alpha: 0.5 })],
      -1,
    );
    const probabilities = g.softmax(scores);
    const cached = g.slice(probabilities, { axis: -1, end: g.dim(past, 2) });
    const own = g.slice(probabilities, { axis: -1, start: g.dim(past, 2) });
    g.output(
      "y",
      g.add(
        g.matmul(g.refine(cached, ["batch", heads, "new", "past"]), past),
        g.matmul(g.refine(own, ["batch", heads, "new", "new"]), fresh),
      ),
    );
    const results = await run(g, {
      q: noiseTensor([1, heads, s, d], 1),
      past: noiseTensor([1, heads, length, d], 2),
      fresh: noiseTensor([1, heads, s, d], 3),
    });
    const head = (rows: number, seed: number, h: number) =>
      noise(heads * rows * d, seed).subarray(h * rows * d, (h + 1) * rows * d);
    const expected = [0, 1].flatMap((h) => {
      const all = [...head(length, 2, h), ...head(s, 3, h)];
      return attend(head(s, 1, h), all, all, s, length + s, d, 0.5);
    });
    expectClose(floats(results["y"]), expected);
  });
});
