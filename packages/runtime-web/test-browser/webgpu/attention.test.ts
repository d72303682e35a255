import { Tensor } from "@internvl/core";
import { GraphBuilder, serializeModel } from "@internvl/onnx";
import { webInference } from "@internvl/runtime-web";
import { describe, expect, it } from "vitest";
import { largestDifference } from "./difference.js";

const HEADS = 2;

/** The fused attention that the vision encoder consists of, over heads of `size`. */
function attentionGraph(size: number): Promise<Uint8Array> {
  const g = new GraphBuilder({ name: "attention" });
  const input = (name: string) => g.input(name, "float32", ["batch", "tokens", HEADS * size]);
  g.output("y", g.multiHeadAttention(input("q"), input("k"), input("v"), { num_heads: HEADS }));
  return serializeModel(g);
}

/** Numbers between -1 and 1 without a pattern. */
function noise(dims: readonly [number, number, number], seed: number): Tensor {
  let state = seed;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
  return new Tensor("float32", Float32Array.from({ length: dims[0] * dims[1] * dims[2] }, next), dims);
}

describe.each([16, 64])("fused attention with heads of %i on WebGPU", (size) => {
  // Short ones take another shader than long ones, and 65 and 1025 are what a tile has.
  it.each([5, 33, 63, 64, 65, 257, 1025])("gives the numbers of wasm: %i tokens", async (tokens) => {
    const bytes = await attentionGraph(size);
    const dims = [2, tokens, HEADS * size] as const;
    const feeds = { q: noise(dims, 1), k: noise(dims, 2), v: noise(dims, 3) };
    const [wasm, webgpu] = await Promise.all(
      ["wasm", "webgpu"].map(async (device) => {
        const session = await webInference.createSession({ bytes }, { device });
        const { y } = await session.run(feeds);
        await session.release();
        return y!.data as Float32Array;
      }),
    );
    expect(largestDifference(webgpu!, wasm!)).toBeLessThan(1e-6);
  });
});
