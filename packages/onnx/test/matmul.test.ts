import { GraphBuilder } from "@internvl/onnx";
import { describe, expect, it } from "vitest";
import { matmul, transpose } from "./reference.js";
import { expectClose, floats, noise, noiseTensor, run } from "./run.js";

const [M, K, N] = [3, 5, 4];

describe("matmul", () => {
  it("multiplies", async () => {
    const g = new GraphBuilder({ name: "matmul" });
    g.output(
      "y",
      g.matmul(g.input("a", "float32", ["rows", K]), g.initializer("b", "float32", [K, N], noise(K * N, 2))),
    );
    const { y } = await run(g, { a: noiseTensor([M, K]) });
    expectClose(floats(y), matmul(noise(M * K), noise(K * N, 2), M, K, N));
  });
});

describe("fusedMatMul", () => {
  it.each([
    { transA: false, transB: false },
    { transA: false, transB: true },
    { transA: true, transB: false },
    { transA: true, transB: true },
  ])("swaps and scales: %o", async ({ transA, transB }) => {
    const g = new GraphBuilder({ name: "fused" });
    const a = g.input("a", "float32", transA ? [K, M] : [M, K]);
    const b = g.input("b", "float32", transB ? [N, K] : [K, N]);
    g.output("y", g.fusedMatMul(a, b, { transA, transB, alpha: 0.25 }));
    const { y } = await run(g, {
      a: noiseTensor(transA ? [K, M] : [M, K]),
      b: noiseTensor(transB ? [N, K] : [K, N], 2),
    });
    const left = transA ? transpose(noise(M * K), K, M) : noise(M * K);
    const right = transB ? transpose(noise(K * N, 2), N, K) : noise(K * N, 2);
    expectClose(
      floats(y),
      matmul(left, right, M, K, N).map((value) => value / 4),
    );
  });
});

describe("conv", () => {
  it("embeds patches: each patch times each kernel", async () => {
    const [patch, width, maps] = [2, 4, 3];
    const g = new GraphBuilder({ name: "conv" });
    const weight = g.initializer("weight", "float32", [maps, 1, patch, patch], noise(maps * patch * patch, 2));
    const bias = g.initializer("bias", "float32", [maps], noise(maps, 3));
    g.output("y", g.conv(g.input("x", "float32", [1, 1, width, width]), weight, bias, { strides: [patch, patch] }));
    const { y } = await run(g, { x: noiseTensor([1, 1, width, width]) });
    const x = noise(width * width);
    const patches = [0, 2, 8, 10].flatMap((start) => [0, 1, 4, 5].map((offset) => x[start + offset] as number));
    const products = matmul(noise(maps * patch * patch, 2), transpose(patches, 4, 4), maps, 4, 4);
    expectClose(
      floats(y),
      products.map((value, i) => value + (noise(maps, 3)[Math.floor(i / 4)] as number)),
    );
    expect(y?.dims).toEqual([1, maps, 2, 2]);
  });
});
