import { attr, GraphBuilder, type InitializerData, serializeModel, type Value } from "@internvl/onnx";
import { describe, expect, it } from "vitest";
import { floats, noiseTensor, run } from "./run.js";

const builder = () => new GraphBuilder({ name: "test" });

describe("names", () => {
  it("nodes are named after their scopes and counted", () => {
    const g = builder();
    const x = g.input("x", "float32", [4]);
    const y = g.scope("layers.0", () => g.scope("mlp", () => g.relu(g.relu(x))));
    g.output("y", g.relu(y));
    expect(g.nodes.map(({ name }) => name)).toEqual(["layers.0/mlp/Relu", "layers.0/mlp/Relu_1", "Relu"]);
  });

  it("a scope ends even when its body throws", () => {
    const g = builder();
    expect(() =>
      g.scope("layers.0", () => {
        throw new Error("stop");
      }),
    ).toThrow("stop");
    g.output("y", g.relu(g.input("x", "float32", [4])));
    expect(g.nodes[0]?.name).toBe("Relu");
  });

  it("outputs take the name that they are given, inputs and repeated outputs through Identity", async () => {
    const g = builder();
    const x = g.input("x", "float32", ["n"]);
    const y = g.relu(x);
    g.output("first", y);
    g.output("second", y);
    g.output("same", x);
    const results = await run(g, { x: noiseTensor([5]) });
    expect(Object.keys(results).sort()).toEqual(["first", "same", "second"]);
    expect(floats(results["second"])).toEqual(floats(results["first"]));
    expect(floats(results["same"])).toEqual([...(noiseTensor([5]).data as Float32Array)]);
  });

  it("a value made before its output is named is read by the new name", async () => {
    const g = builder();
    const y = g.relu(g.input("x", "float32", ["n"]));
    const z = g.neg(y);
    g.output("y", y);
    g.output("z", z);
    await run(g, { x: noiseTensor([5]) });
  });

  it("equal constants are one tensor", () => {
    const g = builder();
    expect(g.ints([1, 2])).toBe(g.constant("int64", [1n, 2n], [2]));
    expect(g.ints([1, 2])).not.toBe(g.constant("int64", [1, 2], [2, 1]));
    expect(g.scalar("float32", 1)).not.toBe(g.scalar("float16", 1));
    expect(g.initializers).toHaveLength(4);
  });
});

describe("node", () => {
  it("adds an op that has no method, in any domain", async () => {
    const g = builder();
    const x = g.input("x", "float32", ["n", 3]);
    const [value, index] = g.node({
      op: "TopK",
      inputs: [x, g.ints([1])],
      attributes: { axis: attr.int(-1), largest: attr.int(true), sorted: undefined },
      outputs: [
        { type: "float32", shape: ["n", 1] },
        { type: "int64", shape: ["n", 1] },
      ],
    });
    g.output("value", value);
    g.output("index", index);
    const results = await run(g, { x: noiseTensor([2, 3]) });
    expect(results["value"]?.dims).toEqual([2, 1]);
  });

  it("is what a subclass builds its ops on", async () => {
    class WithSoftplus extends GraphBuilder {
      softplus(x: Value): Value {
        return this.node({ op: "Softplus", inputs: [x], outputs: [{ type: x.type, shape: x.shape }] })[0];
      }
    }
    const g = new WithSoftplus({ name: "own" });
    g.output("y", g.softplus(g.input("x", "float32", [3])));
    const { y } = await run(g, { x: noiseTensor([3]) });
    expect(floats(y)[0]).toBeCloseTo(Math.log1p(Math.exp(noiseTensor([3]).data[0] as number)), 5);
  });

  it("imports com.microsoft when it is first used", () => {
    const g = builder();
    g.output("y", g.quickGelu(g.input("x", "float32", [3])));
    expect(g.build().proto.opsetImport.map(({ domain, version }) => `${domain} ${version}`)).toEqual([
      " 21",
      "com.microsoft 1",
    ]);
  });
});

describe("a mistake is refused where it is made, with the node's name", () => {
  const [N, D] = ["n", 8];
  const inputs = (g: GraphBuilder) => g.input("x", "float32", [N, 3, D]);
  const weight = (g: GraphBuilder, ...shape: number[]) => g.input("w", "float32", shape);

  it.each<[string, (g: GraphBuilder) => unknown, string]>([
    [
      "inner dimensions",
      (g) => g.scope("layers.0", () => g.matmul(inputs(g), weight(g, 7, 4))),
      'Node "layers.0/MatMul" (MatMul): the inner dimensions differ. Expected 8, got 7.',
    ],
    [
      "types",
      (g) => g.add(inputs(g), g.input("i", "int64", [1])),
      'Node "Add" (Add): the type of the second operand does not fit. Expected float32, got int64 ("i"). Cast it first.',
    ],
    [
      "broadcasting",
      (g) => g.mul(inputs(g), weight(g, 4, 8)),
      'Node "Mul" (Mul): the operands do not broadcast. Expected dimensions, counted from the last, that are equal or 1, got [n, 3, 8] and [4, 8].',
    ],
    ["a symbol and a length", (g) => g.add(inputs(g), weight(g, 2, 3, 8)), "got [n, 3, 8] and [2, 3, 8]"],
    [
      "elements",
      (g) => g.reshape(inputs(g), [N, 25]),
      'Node "Reshape" (Reshape): the number of elements changes. Expected the elements of [n, 3, 8], got [n, 25].',
    ],
    ["no quotient", (g) => g.reshape(inputs(g), [N, 5, -1]), "the number of elements changes"],
    ["a symbol lost", (g) => g.reshape(inputs(g), [24]), "the number of elements changes"],
    [
      "two unknowns",
      (g) => g.reshape(g.input("y", "float32", ["a", "b", 8]), ["b", "a", 8]),
      "without a computed shape. Expected one symbol or -1 at most that is not at the same place of the input, got b, a.",
    ],
    ["a known length under a name", (g) => g.reshape(inputs(g), [N, "m"]), "a length is known. Expected 24, got m."],
    [
      "a zero",
      (g) => g.reshape(inputs(g), [0, 24]),
      "a length is impossible. Expected -1, or 1 and more, got [0, 24].",
    ],
    [
      "expand",
      (g) => g.expand(inputs(g), [N, 4, D]),
      'Node "Expand" (Expand): "x" does not expand so. Expected a shape that [n, 3, 8] broadcasts to, got [n, 4, 8].',
    ],
    [
      "expand to a name",
      (g) => g.expand(weight(g, 1, 8), ["rows", 8]),
      'the length of "rows" is not known. Pass the shape as a tensor',
    ],
    [
      "permutation",
      (g) => g.transpose(inputs(g), [0, 1]),
      "this is no order of the dimensions. Expected each of 0 to 2 once, got 0, 1.",
    ],
    [
      "axis",
      (g) => g.softmax(inputs(g), 3),
      'Node "Softmax" (Softmax): there is no such axis. Expected -3 to 2, got 3.',
    ],
    [
      "parts to join",
      (g) => g.concat([inputs(g), weight(g, 2, 3, 7)], 0),
      'the shape of a part does not fit. Expected [2, 3, 8], got "w" float32 [2, 3, 7].',
    ],
    [
      "pieces",
      (g) => g.split(inputs(g), -1, [4, 5]),
      'Node "Split" (Split): axis -1 and the sum of the pieces differ. Expected 8, got 9.',
    ],
    ["squeeze", (g) => g.squeeze(inputs(g), [1]), "axis 1 cannot be removed. Expected length 1, got 3."],
    ["a step", (g) => g.slice(inputs(g), { axis: 1, step: 0 }), "a step is impossible"],
    [
      "gather by floats",
      (g) => g.gather(inputs(g), weight(g, 2)),
      "the type of the indices does not fit. Expected int64 or int32",
    ],
    [
      "norm",
      (g) => g.simplifiedLayerNormalization(inputs(g), weight(g, 7)),
      'Node "SimplifiedLayerNormalization" (SimplifiedLayerNormalization): the shape of a weight does not fit. Expected [8], got "w" float32 [7].',
    ],
    [
      "conv channels",
      (g) => g.conv(g.input("i", "float32", [N, 3, 9, 9]), weight(g, 4, 2, 3, 3)),
      'Node "Conv" (Conv): the channels of x and of the weight differ. Expected 2, got 3.',
    ],
    [
      "conv kernel",
      (g) => g.conv(g.input("i", "float32", [N, 3, 9, 9]), weight(g, 4, 3, 10, 3)),
      "the kernel is larger than x. Expected at most 9, got 10.",
    ],
    [
      "rotary tables",
      (g) => g.rotaryEmbedding(inputs(g), g.ints([0]), weight(g, 9, 3), g.input("s", "float32", [9, 3])),
      "the last dimension of x does not fit the tables. Expected a multiple of 6, got 8.",
    ],
    [
      "heads",
      (g) => {
        const x = inputs(g);
        return g.multiHeadAttention(x, x, x, { num_heads: 3 });
      },
      'Node "MultiHeadAttention" (MultiHeadAttention): num_heads does not fit. Expected a divisor of 8, got 3.',
    ],
    [
      "packed weights",
      (g) =>
        g.matMulNBits(inputs(g), g.input("b", "uint8", [4, 1, 4]), weight(g, 4, 1), {
          K: 8,
          N: 4,
          bits: 4,
          block_size: 16,
        }),
      'the shape of b does not fit. Expected [4, 1, 8], got "b" uint8 [4, 1, 4].',
    ],
    [
      "zero points",
      (g) =>
        g.dynamicQuantizeMatMul(inputs(g), g.input("b", "uint8", [8, 4]), weight(g, 4), {
          b_zero_point: g.input("z", "int8", [4]),
        }),
      "the type of b_zero_point does not fit. Expected uint8",
    ],
    [
      "another graph's value",
      (g) => g.relu(inputs(builder())),
      'Node "Relu" (Relu): an input belongs to another graph. Got "x" float32 [n, 3, 8].',
    ],
    [
      "an unknown domain",
      (g) => g.node({ op: "Own", domain: "com.example", inputs: [inputs(g)], outputs: [] }),
      'Node "Own" (Own): the version of domain "com.example" is not known. Call importDomain first.',
    ],
    ["a name twice", (g) => [inputs(g), inputs(g)], 'There are two tensors named "x". Give each its own name.'],
    [
      "a length refined away",
      (g) => g.refine(inputs(g), [N, 4, 8]),
      'The shape of "x" cannot be refined. Expected a shape that keeps the lengths of [n, 3, 8], got [n, 4, 8].',
    ],
    [
      "an impossible input",
      (g) => g.input("x", "float32", ["n", -1]),
      'Input "x": a dimension is impossible. Expected names, or whole numbers from 0, got [n, -1].',
    ],
    [
      "an old opset",
      () => new GraphBuilder({ name: "old", opset: 19 }),
      'Graph "old" is of an opset that the ops are not written for. Expected 20 or later, got 19.',
    ],
    [
      "a block size",
      (g) => {
        const [b, scales] = [g.input("b", "uint8", [4, 1, 4]), weight(g, 4, 1)];
        return g.matMulNBits(inputs(g), b, scales, { K: 8, N: 4, bits: 4, block_size: 24 });
      },
      "block_size does not fit. Expected a power of two from 16, got 24.",
    ],
    ["an output of another graph", (g) => g.output("y", inputs(builder())), 'Output "y" belongs to another graph.'],
  ])("%s", (_, build, message) => {
    let thrown: unknown;
    try {
      build(builder());
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: "GRAPH_INVALID", message: expect.stringContaining(message) });
  });
});

describe("initializers", () => {
  it.each<[string, readonly number[], InitializerData, string]>([
    [
      "another length",
      [2, 3],
      new Float32Array(5),
      'Initializer "w": the data has another length than the shape. Expected 24 bytes for float32 [2, 3], got 20 bytes.',
    ],
    [
      "another kind",
      [2],
      new Int32Array(2),
      'Initializer "w": the data does not hold float32. Expected a Float32Array or Uint8Array, got a Int32Array.',
    ],
    [
      "a path that leaves the folder",
      [2],
      { location: "../w", offset: 0, byteLength: 8 },
      "names a file outside of its folder",
    ],
    [
      "an impossible offset",
      [2],
      { location: "w", offset: -1, byteLength: 8 },
      "the offset is impossible. Expected a whole number from 0, got -1.",
    ],
    ["an impossible length", [-2], new Float32Array(2), "a length is impossible"],
  ])("%s is refused", (_, shape, data, message) => {
    expect(() => builder().initializer("w", "float32", shape, data)).toThrow(message);
  });
});

describe("build", () => {
  it("reports what no output needs", () => {
    const g = builder();
    const x = g.input("x", "float32", [3]);
    g.input("mask", "bool", [3]);
    g.initializer("w", "float32", [3], new Float32Array(3));
    g.scope("layers.0", () => g.neg(x));
    g.output("y", g.relu(x));
    expect(() => g.build()).toThrow(
      'Graph "test" has parts that no output needs: input "mask", initializer "w", node "layers.0/Neg". Use them or leave them out.',
    );
  });

  it("refuses a graph without outputs", () => {
    expect(() => builder().build()).toThrow('Graph "test" has no outputs.');
  });

  it("takes a graph of ten thousand nodes", async () => {
    const g = builder();
    let x = g.input("x", "float32", ["n", 4]);
    for (let layer = 0; layer < 5000; layer++) x = g.scope(`layers.${layer}`, () => g.relu(g.add(x, 1)));
    g.output("y", x);
    const bytes = await serializeModel(g);
    expect(g.nodes).toHaveLength(10_000);
    expect(bytes.byteLength).toBeGreaterThan(500_000);
  });
});
