import { type InferenceRuntime, type SessionOptions, Tensor } from "@internvl/core";
import { GraphBuilder, serializeModel, type Value } from "@internvl/onnx";
import { timed } from "../measure.js";
import { blockwise, DYNAMIC_INT8 } from "../products/layer.js";

/** A matrix of weights, `[inputs, outputs]`. */
export interface Matrix {
  inputs: number;
  outputs: number;
}

/** Attention's two products in float32 over keys and values of its own, without anything between them. */
interface AttentionProducts {
  heads: number;
  /** Queries of each head. */
  queries: number;
  keys: number;
  /** Of a head. */
  width: number;
}

/** Products after one another, each with numbers of its own. */
export interface Products {
  /** What `parts` that are matrices are stored in. */
  kind: "int8" | "q4";
  parts: readonly (Matrix | AttentionProducts)[];
  /** Rows that are multiplied by each matrix. */
  rows: number;
}

/** As the converter writes them. */
const PRODUCTS = { int8: DYNAMIC_INT8, q4: blockwise(4, 128, 4) };
const RUNS = 5;

/** A graph with what it is fed. */
interface Fed {
  g: GraphBuilder;
  feeds: Record<string, Tensor>;
}

/** Milliseconds of the products alone, in the operators that the graphs of the library have for them. */
export function timeProducts(
  inference: InferenceRuntime,
  { kind, parts, rows }: Products,
  options: SessionOptions,
): Promise<number> {
  const fed: Fed = { g: new GraphBuilder({ name: "products" }), feeds: {} };
  const inputs = new Map<string, Value>();
  const input = (name: string, shape: readonly number[]) => {
    const value = inputs.get(name) ?? addInput(fed, name, shape);
    inputs.set(name, value);
    return value;
  };
  const { g } = fed;
  const products = parts.map((part, index) => {
    if ("inputs" in part) {
      return PRODUCTS[kind].multiply(g, input(`x${part.inputs}`, [rows, part.inputs]), { ...part, name: `w${index}` });
    }
    const { heads, queries, keys, width } = part;
    const query = input(`query${width}`, [heads, queries, width]);
    const [key, value] = ["key", "value"].map((name) => input(`${name}${index}`, [heads, keys, width]));
    return g.matmul(g.fusedMatMul(query, key!, { transB: true, alpha: 1 / Math.sqrt(width) }), value!);
  });
  return timeGraph(inference, fed, products, options);
}

/** Milliseconds of a layer's attention among the positions of a tile, in onnxruntime's own operator. */
export function timeAttention(
  inference: InferenceRuntime,
  { positions, hidden, heads }: { positions: number; hidden: number; heads: number },
  options: SessionOptions,
): Promise<number> {
  const fed: Fed = { g: new GraphBuilder({ name: "attention" }), feeds: {} };
  const [q, k, v] = ["q", "k", "v"].map((name) => addInput(fed, name, [1, positions, hidden])) as [Value, Value, Value];
  return timeGraph(inference, fed, [fed.g.multiHeadAttention(q, k, v, { num_heads: heads })], options);
}

/** Milliseconds of what else a layer of InternViT cannot do without: two norms, two additions, a Gelu. */
export function timeBetween(
  inference: InferenceRuntime,
  { positions, hidden, intermediate }: { positions: number; hidden: number; intermediate: number },
  options: SessionOptions,
): Promise<number> {
  const fed: Fed = { g: new GraphBuilder({ name: "between" }), feeds: {} };
  const { g } = fed;
  const norm = (x: Value, name: string) =>
    g.layerNormalization(
      x,
      g.initializer(`${name}.scale`, "float32", [hidden], new Float32Array(hidden).fill(1)),
      g.initializer(`${name}.bias`, "float32", [hidden], new Float32Array(hidden)),
    );
  // Each works on what the one before has made: equal work on equal numbers would be done once.
  const x = addInput(fed, "x", [positions, hidden]);
  const middle = g.add(x, norm(x, "norm1"));
  const end = g.add(middle, norm(middle, "norm2"));
  return timeGraph(inference, fed, [end, g.gelu(addInput(fed, "wide", [positions, intermediate]))], options);
}

function addInput({ g, feeds }: Fed, name: string, shape: readonly number[]): Value {
  feeds[name] = numbers(shape);
  return g.input(name, "float32", shape);
}

async function timeGraph(
  inference: InferenceRuntime,
  { g, feeds }: Fed,
  results: readonly Value[],
  options: SessionOptions,
): Promise<number> {
  for (const [index, corner] of corners(g, results).entries()) g.output(`corner${index}`, corner);
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

/**
 * One number of all results of one shape, so that no copy of them out of the runtime is measured, and next to no work of
 * picking it either.
 */
function corners(g: GraphBuilder, products: readonly Value[]): Value[] {
  const alike = new Map<string, Value[]>();
  for (const product of products) {
    const shape = `${product.shape}`;
    alike.set(shape, [...(alike.get(shape) ?? []), product]);
  }
  return [...alike.values()].map((each) => {
    const joined = g.concat(each, 0);
    return g.slice(joined, ...joined.shape.map((_, axis) => ({ axis, end: 1 })));
  });
}

function numbers(dims: readonly number[]): Tensor {
  const length = dims.reduce((product, dim) => product * dim, 1);
  return new Tensor(
    "float32",
    Float32Array.from({ length }, (_, index) => ((index % 13) - 6) / 8),
    dims,
  );
}
