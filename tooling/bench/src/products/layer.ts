import { GraphBuilder, type Value } from "@internvl/onnx";
import type { Shape } from "../checkpoint/shape.js";
import { randomBits } from "../random.js";

/** A way to store and multiply a weight `[inputs, outputs]`. */
export interface Product {
  name: string;
  /** `x [rows, inputs]` -> `[rows, outputs]`. */
  multiply(g: GraphBuilder, x: Value, weight: Weight): Value;
}

interface Weight {
  /** Its numbers follow from it. */
  name: string;
  inputs: number;
  outputs: number;
}

/** About that of random weights with a deviation of 0.02; the time does not depend on it. */
const SCALE = 0.005;

/** onnxruntime's MatMulNBits. */
export function blockwise(bits: 4 | 8, block_size: number, accuracy_level: number): Product {
  return {
    name: `MatMulNBits ${bits} bits, block ${block_size}, accuracy_level ${accuracy_level}`,
    multiply(g, x, { name, inputs: K, outputs: N }) {
      const blocks = Math.ceil(K / block_size);
      const shape = [N, blocks, (block_size * bits) / 8] as const;
      const data = g.initializer(name, "uint8", shape, randomBytes(name, shape[0] * shape[1] * shape[2]));
      const scales = new Float32Array(N * blocks).fill(SCALE);
      const scale = g.initializer(`${name}.scales`, "float32", [N * blocks], scales);
      return g.matMulNBits(x, data, scale, { K, N, bits, block_size, accuracy_level });
    },
  };
}

export const DYNAMIC_INT8: Product = {
  name: "DynamicQuantizeMatMul",
  multiply(g, x, { name, inputs, outputs }) {
    const data = g.initializer(
      name,
      "int8",
      [inputs, outputs],
      new Int8Array(randomBytes(name, inputs * outputs).buffer),
    );
    const scale = g.initializer(`${name}.scales`, "float32", [outputs], new Float32Array(outputs).fill(SCALE));
    return g.dynamicQuantizeMatMul(x, data, scale);
  },
};

export const FLOAT32: Product = {
  name: "fp32",
  multiply(g, x, { name, inputs, outputs }) {
    const weight = Float32Array.from(
      new Int8Array(randomBytes(name, inputs * outputs).buffer),
      (value) => value * SCALE,
    );
    return g.fusedMatMul(x, g.initializer(name, "float32", [outputs, inputs], weight), { transB: true });
  },
};

/**
 * The products of `layers` decoder layers and next to nothing else, float32 `x [rows, hidden]` -> `y [rows, hidden]`. Several
 * layers, so that the weights of one are not in the processor's caches when its turn comes again.
 */
export function productsGraph(product: Product, { text }: Pick<Shape, "text">, layers: number): GraphBuilder {
  const g = new GraphBuilder({ name: "products" });
  const { hidden, intermediate, heads, keyValueHeads } = text;
  const shared = (hidden / heads) * keyValueHeads;
  let x = g.input("x", "float32", ["rows", hidden]);
  for (let layer = 0; layer < layers; layer++) {
    const linear = (from: Value, name: string, inputs: number, outputs: number) =>
      product.multiply(g, from, { name: `${layer}.${name}`, inputs, outputs });
    const query = linear(x, "q", hidden, hidden);
    const [key, value] = [linear(x, "k", hidden, shared), linear(x, "v", hidden, shared)];
    // In place of attention: it uses all three, so that none is left out of the graph.
    const attended = g.mul(query, g.tanh(g.reduceSum(g.mul(key, value), [1])));
    const middle = g.tanh(linear(attended, "o", hidden, hidden));
    const gated = g.tanh(
      g.mul(linear(middle, "gate", hidden, intermediate), linear(middle, "up", hidden, intermediate)),
    );
    x = g.tanh(linear(gated, "down", intermediate, hidden));
  }
  g.output("y", x);
  return g;
}

/** Others for each name: onnxruntime would compute products of one input with equal weights once for all. */
function randomBytes(name: string, count: number): Uint8Array {
  const bits = randomBits(seedOf(name));
  const words = Uint32Array.from({ length: Math.ceil(count / 4) }, bits);
  return new Uint8Array(words.buffer).slice(0, count);
}

function seedOf(name: string): number {
  return [...name].reduce((seed, letter) => Math.imul(seed, 31) + letter.charCodeAt(0), 7);
}
