import { GraphBuilder, GraphCore, type Value } from "@internvl/onnx";
import { Tensor } from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { count, type Feeds, noise, noiseTensor, run } from "./run.js";

const FEEDS: Feeds = {
  x: noiseTensor([2, 3, 8]),
  y: noiseTensor([2, 3, 8], 2),
  image: noiseTensor([2, 3, 9, 7]),
  heads: noiseTensor([2, 4, 3, 8]),
  past: noiseTensor([2, 2, 5, 8], 3),
  positions: new Tensor("int64", BigInt64Array.from([0n, 1n, 2n, 4n, 5n, 6n]), [2, 3]),
  lengths: new Tensor("int32", Int32Array.from([5, 5]), [2]),
  yes: new Tensor("bool", Uint8Array.from([1, 0]), [2, 1, 1]),
};

/** The inputs that a case may declare, and weights of any shape. */
class CaseBuilder extends GraphBuilder {
  x = () => this.input("x", "float32", ["batch", "tokens", 8]);
  y = () => this.input("y", "float32", ["batch", "tokens", 8]);
  image = () => this.input("image", "float32", ["batch", 3, 9, 7]);
  heads = () => this.input("heads", "float32", ["batch", 4, "tokens", 8]);
  past = () => this.input("past", "float32", ["batch", 2, "past", 8]);
  positions = () => this.input("positions", "int64", ["batch", "tokens"]);
  lengths = () => this.input("lengths", "int32", ["batch"]);
  yes = () => this.input("yes", "bool", ["batch", 1, 1]);
  weight = (...shape: number[]) =>
    this.initializer(`weight ${this.initializers.length}`, "float32", shape, noise(count(shape), count(shape)));
}

type Case = (g: CaseBuilder) => Value | readonly Value[];

const UNARY = ["neg", "sqrt", "exp", "cos", "sin", "erf", "tanh", "relu", "sigmoid"] as const;
const BINARY = [
  "add",
  "sub",
  "mul",
  "div",
  "pow",
  "equal",
  "less",
  "lessOrEqual",
  "greater",
  "greaterOrEqual",
] as const;

/** By method, or `method: what is special`. */
const CASES: Readonly<Record<string, Case>> = {
  ...Object.fromEntries(UNARY.map((op): [string, Case] => [op, (g) => g[op](g.x())])),
  ...Object.fromEntries(BINARY.map((op): [string, Case] => [op, (g) => g[op](g.x(), g.weight(1, 8))])),
  "add: a rank more": (g) => g.add(g.x(), g.weight(5, 1, 1, 8)),
  "mul: a number on the left": (g) => g.mul(2, g.x()),
  and: (g) => g.and(g.less(g.x(), 0), g.yes()),
  or: (g) => g.or(g.yes(), g.less(g.x(), 0)),
  not: (g) => g.not(g.yes()),
  gelu: (g) => g.gelu(g.x(), { approximate: "tanh" }),
  quickGelu: (g) => g.quickGelu(g.x()),
  where: (g) => g.where(g.yes(), g.x(), 0),
  "cast: int64": (g) => g.cast(g.x(), "int64"),
  "cast: int8": (g) => g.cast(g.x(), "int8"),
  "cast: uint8": (g) => g.cast(g.yes(), "uint8"),
  "cast: float16 and back": (g) => g.cast(g.cast(g.x(), "float16"), "float32"),

  matmul: (g) => g.matmul(g.x(), g.weight(8, 5)),
  "matmul: broadcast": (g) => g.matmul(g.heads(), g.weight(1, 4, 8, 5)),
  "matmul: a vector on the right": (g) => g.matmul(g.x(), g.weight(8)),
  "matmul: a vector on the left": (g) => g.matmul(g.weight(8), g.weight(4, 8, 5)),
  fusedMatMul: (g) => g.fusedMatMul(g.x(), g.weight(5, 8), { transB: true, alpha: 0.5 }),
  "fusedMatMul: both swapped": (g) => g.fusedMatMul(g.weight(4, 8, 3), g.heads(), { transA: true, transB: true }),
  "conv: patches": (g) => g.conv(g.image(), g.weight(6, 3, 3, 2), g.weight(6), { strides: [3, 2] }),
  "conv: everything": (g) =>
    g.conv(g.image(), g.weight(6, 1, 3, 3), undefined, {
      strides: [2, 1],
      pads: [1, 0, 2, 1],
      dilations: [2, 1],
      group: 3,
    }),

  "reshape: split heads": (g) => g.reshape(g.x(), ["batch", "tokens", 2, 4]),
  "reshape: join": (g) => g.reshape(g.x(), ["rows", 8]),
  "reshape: -1": (g) => g.reshape(g.image(), [-1, 9, 7]),
  "reshape: and back": (g) => g.reshape(g.reshape(g.image(), [-1, 9, 7]), ["batch", 3, 63]),
  "reshape: computed": (g) => {
    const x = g.x();
    return g.reshape(x, ["tokens", "batch", 8], g.shapeOf([g.dim(x, 1), g.dim(x, 0), 8]));
  },
  expand: (g) => g.expand(g.yes(), ["batch", 4, 3]),
  "expand: computed": (g) => {
    const x = g.x();
    return g.expand(g.weight(1, 1, 8), ["batch", 2, 8], g.shapeOf([g.dim(x, 0), 2, 8]));
  },
  transpose: (g) => g.transpose(g.heads(), [0, 2, 1, 3]),
  concat: (g) => g.concat([g.x(), g.y()], -1),
  "concat: symbols add up": (g) => {
    const positions = g.reshape(g.cast(g.positions(), "float32"), ["batch", "tokens", 1]);
    return g.concat([g.x(), g.expand(positions, ["batch", "tokens", 8])], 1);
  },
  split: (g) => g.split(g.x(), -1, [1, 5, 2]),
  "slice: drop the first": (g) => g.slice(g.x(), { axis: 1, start: 1 }),
  "slice: drop the last": (g) => g.slice(g.x(), { axis: 1, end: -1 }),
  "slice: the last": (g) => g.slice(g.x(), { axis: 1, start: -1 }),
  "slice: several axes and steps": (g) =>
    g.slice(g.image(), { axis: 3, start: 1, end: -1, step: 2 }, { axis: 2, start: -4, end: 8 }),
  "slice: computed": (g) => {
    const x = g.x();
    return g.slice(x, { axis: 1, start: g.sub(g.dim(x, 1), g.ints([2])) });
  },
  "slice: past the end": (g) => g.slice(g.image(), { axis: 2, start: 7, end: 100 }, { axis: 3, start: 9 }),
  gather: (g) => g.gather(g.weight(7, 4), g.positions()),
  "gather: one, inside": (g) => g.gather(g.x(), g.scalar("int64", 1), 1),
  unsqueeze: (g) => g.unsqueeze(g.x(), [1, -1]),
  squeeze: (g) => g.squeeze(g.yes(), [-1, 1]),
  shape: (g) => g.shape(g.image()),
  "shape: a part": (g) => g.shape(g.image(), 1, 3),
  dim: (g) => g.dim(g.image(), -1),
  shapeOf: (g) => g.shapeOf([g.dim(g.x(), 0), 7]),
  range: (g) => g.range(g.scalar("int64", 0), g.squeeze(g.dim(g.x(), 1), [0]), g.scalar("int64", 1), "tokens"),

  softmax: (g) => g.softmax(g.x(), 1),
  layerNormalization: (g) => g.layerNormalization(g.x(), g.weight(8), g.weight(8)),
  simplifiedLayerNormalization: (g) => g.simplifiedLayerNormalization(g.x(), g.weight(8)),
  skipSimplifiedLayerNormalization: (g) => g.skipSimplifiedLayerNormalization(g.x(), g.y(), g.weight(8)),
  reduceMean: (g) => g.reduceMean(g.x(), [-1]),
  "reduceSum: without the axes": (g) => g.reduceSum(g.image(), [1, -1], false),

  "rotaryEmbedding: side by side": (g) => g.rotaryEmbedding(g.x(), g.positions(), g.weight(9, 2), g.weight(9, 2)),
  "rotaryEmbedding: heads": (g) => g.rotaryEmbedding(g.heads(), g.positions(), g.weight(9, 4), g.weight(9, 4)),
  "rotaryEmbedding: one start": (g) => g.rotaryEmbedding(g.heads(), g.ints([2]), g.weight(9, 4), g.weight(9, 4)),
  multiHeadAttention: (g) => {
    const y = g.y();
    return g.multiHeadAttention(g.x(), y, g.slice(y, { axis: 2, end: 4 }), { num_heads: 2 });
  },
  // One new token: onnxruntime takes several beside a cache only when there is one row.
  groupQueryAttention: (g) => {
    const past = g.past();
    const x = g.slice(g.x(), { axis: 1, end: 1 });
    const cache = {
      past_key: past,
      past_value: g.mul(past, 2),
      seqlens_k: g.lengths(),
      total_sequence_length: g.scalar("int32", 6),
    };
    const [q, k, v] = [g.concat([x, x, x, x], -1), g.concat([x, x], -1), g.concat([x, g.neg(x)], -1)];
    return g.groupQueryAttention(q, k, v, cache, { num_heads: 4, kv_num_heads: 2 });
  },
  dynamicQuantizeMatMul: (g) =>
    g.dynamicQuantizeMatMul(g.x(), g.initializer("b", "int8", [8, 5], new Int8Array(40).fill(3)), g.weight(5), {
      bias: g.weight(5),
    }),
  matMulNBits: (g) =>
    g.matMulNBits(g.x(), g.initializer("b", "uint8", [5, 1, 8], new Uint8Array(40).fill(0x79)), g.weight(5, 1), {
      K: 8,
      N: 5,
      bits: 4,
      block_size: 16,
      zero_points: g.initializer("z", "uint8", [5, 1], new Uint8Array(5).fill(7)),
      bias: g.weight(5),
    }),
};

describe("shape inference agrees with onnxruntime", () => {
  it("has a case for every op", () => {
    const covered = new Set(Object.keys(CASES).map((name) => name.split(":")[0]));
    expect(opMethods().filter((method) => !covered.has(method))).toEqual([]);
  });

  it.each(Object.keys(CASES))("%s", async (name) => {
    const g = new CaseBuilder({ name });
    const result = (CASES[name] as Case)(g);
    for (const [index, value] of (Array.isArray(result) ? result : [result]).entries()) g.output(`out${index}`, value);
    const feeds = Object.fromEntries(g.inputs.map((input) => [input.name, FEEDS[input.name] as Tensor]));
    await run(g, feeds);
  });
});

/** The methods of every layer between `GraphCore` and `GraphBuilder`. */
function opMethods(): string[] {
  const methods: string[] = [];
  for (
    let layer = GraphBuilder.prototype as object;
    layer !== GraphCore.prototype;
    layer = Object.getPrototypeOf(layer)
  ) {
    methods.push(...Object.getOwnPropertyNames(layer).filter((name) => name !== "constructor"));
  }
  return methods;
}
