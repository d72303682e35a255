import { type GraphBuilder, type Shape, serializeModel } from "@internvl/onnx";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { expect } from "vitest";

export type Feeds = Record<string, Tensor>;

/** Runs a graph in onnxruntime and checks that every output has the shape that the builder worked out. */
export async function run(graph: GraphBuilder, feeds: Feeds = {}): Promise<Feeds> {
  return runModel(graph, await serializeModel(graph), feeds);
}

/** The same for a model that is written already: its bytes, or its path. */
export async function runModel(graph: GraphBuilder, model: Uint8Array | string, feeds: Feeds = {}): Promise<Feeds> {
  const options = { logSeverityLevel: 3 } as const;
  const session = await (typeof model === "string"
    ? InferenceSession.create(model, options)
    : InferenceSession.create(model, options));
  try {
    const results = await session.run(feeds);
    const lengths = bindSymbols(graph, feeds);
    for (const { name, shape, type } of graph.outputs) {
      expect(results[name]?.type, `type of ${name}`).toBe(type);
      expect(results[name]?.dims, `shape of ${name}`).toEqual(evaluate(shape, lengths));
    }
    return results;
  } finally {
    await session.release();
  }
}

/** The numbers of a float32 output. */
export function floats(tensor: Tensor | undefined): number[] {
  expect(tensor?.type).toBe("float32");
  return [...((tensor as Tensor).data as Float32Array)];
}

/** Compares two lists of floats element by element. */
export function expectClose(got: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-5): void {
  expect(got.length).toBe(expected.length);
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs((got[i] as number) - (expected[i] as number));
    if (!(difference <= tolerance)) expect.fail(`element ${i}: got ${got[i]}, expected ${expected[i]} ± ${tolerance}`);
  }
}

/** Repeatable numbers between -1 and 1. */
export function noise(count: number, seed = 1): Float32Array {
  let state = (seed * 2654435761) % 2147483647;
  return Float32Array.from({ length: count }, () => {
    state = (state * 48271) % 2147483647;
    return (2 * state) / 2147483647 - 1;
  });
}

export function noiseTensor(dims: readonly number[], seed = 1): Tensor {
  return new Tensor("float32", noise(count(dims), seed), dims);
}

export function count(dims: readonly number[]): number {
  return dims.reduce((product, length) => product * length, 1);
}

function bindSymbols(graph: GraphBuilder, feeds: Feeds): Map<string, number> {
  const lengths = new Map<string, number>();
  for (const { name, shape } of graph.inputs) {
    shape.forEach((dim, axis) => {
      if (typeof dim === "string") lengths.set(dim, feeds[name]?.dims[axis] as number);
    });
  }
  return lengths;
}

/** Works out `past + new`, `256*tiles` and `tokens - 1`; a dimension that depends on data matches any length. */
function evaluate(shape: Shape, lengths: ReadonlyMap<string, number>): unknown[] {
  return shape.map((dim) => {
    if (typeof dim === "number") return dim;
    let sum = 0;
    for (const term of dim.replaceAll(" - ", " + -").split(" + ")) {
      const factors = term.replace(/^-/, "").split("*");
      const product = factors.reduce((value, factor) => value * (lengths.get(factor) ?? Number(factor)), 1);
      sum += term.startsWith("-") ? -product : product;
    }
    return Number.isNaN(sum) ? expect.any(Number) : sum;
  });
}
