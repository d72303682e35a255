import { type InferenceRuntime, type SessionOptions, Tensor } from "@internvl/core";
import { GraphBuilder, serializeModel, type Value } from "@internvl/onnx";
import { timed } from "../measure.js";
import { blockwise, DYNAMIC_INT8 } from "../products/layer.js";

/** A matrix of weights, `[inputs, outputs]`. */
export interface Matrix {
  inputs: number;
  outputs: number;
}

/** Products with matrices, each with weights of its own, after one another. */
export interface Products {
  kind: "int8" | "q4";
  matrices: readonly Matrix[];
  /** Rows that are multiplied by each matrix. */
  rows: number;
}

/** Attention's two products in float32, without anything between them. */
export interface AttentionProducts {
  /** How often, each time over keys and values of its own. */
  layers: number;
  heads: number;
  /** Queries of each head. */
  queries: number;
  keys: number;
  /** Of a head. */
  width: number;
}

/** As the converter writes them. */
const PRODUCTS = { int8: DYNAMIC_INT8, q4: blockwise(4, 128, 4) };
const RUNS = 5;

/** Milliseconds of what `kind` makes of a product in the graphs of the library. Nothing else is in the graph. */
export async function timeProducts(
  inference: InferenceRuntime,
  { kind, matrices, rows }: Products,
  options: SessionOptions,
): Promise<number> {
  const g = new GraphBuilder({ name: "products" });
  const inputs = new Map<number, Value>();
  const products = matrices.map((matrix, index) => {
    const width = matrix.inputs;
    const x = inputs.get(width) ?? g.input(`x${width}`, "float32", [rows, width]);
    inputs.set(width, x);
    return PRODUCTS[kind].multiply(g, x, { ...matrix, name: `w${index}`, bytes: alike });
  });
  const feeds = Object.fromEntries([...inputs.keys()].map((width) => [`x${width}`, numbers([rows, width])]));
  return timeGraph(inference, g, products, feeds, options);
}

/** Milliseconds. */
export async function timeAttention(
  inference: InferenceRuntime,
  { layers, heads, queries, keys, width }: AttentionProducts,
  options: SessionOptions,
): Promise<number> {
  const g = new GraphBuilder({ name: "attention" });
  const query = g.input("query", "float32", [heads, queries, width]);
  const feeds: Record<string, Tensor> = { query: numbers([heads, queries, width]) };
  const products = Array.from({ length: layers }, (_, layer) => {
    const [key, value] = [`key${layer}`, `value${layer}`].map((name) => {
      feeds[name] = numbers([heads, keys, width]);
      return g.input(name, "float32", [heads, keys, width]);
    }) as [Value, Value];
    return g.matmul(g.fusedMatMul(query, key, { transB: true, alpha: 1 / Math.sqrt(width) }), value);
  });
  return timeGraph(inference, g, products, feeds, options);
}

/** Of `products` only one number each leaves the runtime, so that no copy of them is measured. */
async function timeGraph(
  inference: InferenceRuntime,
  g: GraphBuilder,
  products: readonly Value[],
  feeds: Readonly<Record<string, Tensor>>,
  options: SessionOptions,
): Promise<number> {
  const corners = products.map((product) => g.slice(product, ...product.shape.map((_, axis) => ({ axis, end: 1 }))));
  g.output(
    "sum",
    corners.reduce((sum, corner) => g.add(sum, corner)),
  );
  const session = await inference.createSession({ bytes: await serializeModel(g) }, options);
  try {
    await session.run(feeds);
    const times: number[] = [];
    for (let run = 0; run < RUNS; run++) times.push((await timed(() => session.run(feeds))).ms);
    // What is always needed, and not what else the machine had to do.
    return Math.min(...times);
  } finally {
    await session.release();
  }
}

/** Quick to make, in a page too: which weights they are makes no difference to the time. */
function alike(count: number): Uint8Array {
  return new Uint8Array(count).fill(0x97);
}

function numbers(dims: readonly number[]): Tensor {
  const length = dims.reduce((product, dim) => product * dim, 1);
  return new Tensor(
    "float32",
    Float32Array.from({ length }, (_, index) => ((index % 13) - 6) / 8),
    dims,
  );
}
