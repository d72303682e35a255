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

/** Milliseconds of the products alone, in the operators that the graphs of the library have for them. */
export async function timeProducts(
  inference: InferenceRuntime,
  { kind, parts, rows }: Products,
  options: SessionOptions,
): Promise<number> {
  const g = new GraphBuilder({ name: "products" });
  const feeds: Record<string, Tensor> = {};
  const inputs = new Map<string, Value>();
  const input = (name: string, shape: readonly number[]) => {
    const known = inputs.get(name);
    if (known !== undefined) return known;
    feeds[name] = numbers(shape);
    const value = g.input(name, "float32", shape);
    inputs.set(name, value);
    return value;
  };
  const products = parts.map((part, index) => {
    if ("inputs" in part) {
      return PRODUCTS[kind].multiply(g, input(`x${part.inputs}`, [rows, part.inputs]), { ...part, name: `w${index}` });
    }
    const { heads, queries, keys, width } = part;
    const query = input(`query${width}`, [heads, queries, width]);
    const [key, value] = ["key", "value"].map((name) => input(`${name}${index}`, [heads, keys, width]));
    return g.matmul(g.fusedMatMul(query, key!, { transB: true, alpha: 1 / Math.sqrt(width) }), value!);
  });
  for (const [index, corner] of corners(g, products).entries()) g.output(`corner${index}`, corner);
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
 * One number of all products of one shape, so that no copy of them out of the runtime is measured, and next to no work of
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
