import { expect, test } from "vitest";
import { SHAPES } from "../src/checkpoint/shape.js";
import { blockwise, DYNAMIC_INT8, FLOAT32, productsGraph } from "../src/products/layer.js";

// Two products of one input with equal weights are one for onnxruntime's optimizer, and the time says half of the truth.
test.each([blockwise(4, 128, 4), blockwise(8, 32, 0), DYNAMIC_INT8, FLOAT32])(
  "$name: no two weights of a layer are alike",
  (product) => {
    const { initializer = [] } = productsGraph(product, SHAPES.tiny, 2).build().proto.graph ?? {};
    const weights = initializer.filter(({ name }) => /^\d+\.[a-z]+$/.test(name));
    expect(weights).toHaveLength(2 * 7);
    expect(new Set(weights.map(({ rawData }) => `${rawData}`)).size).toBe(weights.length);
  },
);
