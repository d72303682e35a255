import { GraphBuilder } from "@internvl/onnx";
import { describe, it } from "vitest";
import { layerNorm, rmsNorm, softmaxRows } from "./reference.js";
import { expectClose, floats, noise, noiseTensor, run } from "./run.js";

const [ROWS, D] = [6, 8];
const X = noise(ROWS * D);
const SCALE = noise(D, 2);

/** Large enough that an epsilon in the wrong place shows. */
const epsilon = 0.1;

function builder() {
  const g = new GraphBuilder({ name: "normalization" });
  const x = g.input("x", "float32", ["batch", 3, D]);
  return { g, x, scale: () => g.initializer("scale", "float32", [D], SCALE) };
}

const feeds = { x: noiseTensor([2, 3, D]) };

describe("normalization", () => {
  it("softmax", async () => {
    const { g, x } = builder();
    g.output("y", g.softmax(x));
    expectClose(floats((await run(g, feeds))["y"]), softmaxRows(X, ROWS, D), 1e-6);
  });

  it("layerNormalization", async () => {
    const { g, x, scale } = builder();
    g.output("y", g.layerNormalization(x, scale(), g.initializer("bias", "float32", [D], noise(D, 3)), { epsilon }));
    expectClose(floats((await run(g, feeds))["y"]), layerNorm(X, SCALE, noise(D, 3), epsilon));
  });

  it("simplifiedLayerNormalization", async () => {
    const { g, x, scale } = builder();
    g.output("y", g.simplifiedLayerNormalization(x, scale(), { epsilon }));
    expectClose(floats((await run(g, feeds))["y"]), rmsNorm(X, SCALE, epsilon));
  });

  it("skipSimplifiedLayerNormalization gives the norm of the sum, and the sum", async () => {
    const { g, x, scale } = builder();
    const skip = g.input("skip", "float32", ["batch", 3, D]);
    const [normalized, sum] = g.skipSimplifiedLayerNormalization(x, skip, scale(), { epsilon });
    g.output("normalized", normalized);
    g.output("sum", sum);
    const results = await run(g, { ...feeds, skip: noiseTensor([2, 3, D], 4) });
    const expected = X.map((value, i) => value + (noise(ROWS * D, 4)[i] as number));
    expectClose(floats(results["sum"]), expected, 1e-6);
    expectClose(floats(results["normalized"]), rmsNorm(expected, SCALE, epsilon));
  });
});
