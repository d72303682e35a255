import { type Feeds, type Session, Tensor } from "@internvl/core";
import { attr, type DType, GraphBuilder, serializeModel, type Value } from "@internvl/onnx";
import { nodeRuntime } from "@internvl/runtime-node";
import { cutShape, SHAPES } from "../checkpoint/shape.js";
import { PIECE } from "../limits/matrices.js";
import { type Figures, inTurn, processorTime } from "../measure.js";
import { type Row, row } from "../report.js";
import { type Benchmark, SHORT_RUNS, shapeText } from "./benchmark.js";

/** Divides numbers of 8 bits. */
const SCALE = 0.01;

interface Heads {
  layers: number;
  heads: number;
  groups: number;
  width: number;
}

/** How attention reads keys and values that are stored in a type. */
interface Form {
  name: string;
  type: DType;
  /** The products of queries `[1, heads, groups * new, width]` with what is stored, and of weights with it. */
  scores(g: GraphBuilder, query: Value, keys: Value, scale: () => Value): Value;
  mixed(g: GraphBuilder, weights: Value, values: Value, scale: () => Value): Value;
}

const widened = (name: string, type: DType): Form => ({
  name,
  type,
  scores: (g, query, keys) => g.fusedMatMul(query, g.cast(keys, "float32"), { transB: true }),
  mixed: (g, weights, values) => g.matmul(weights, g.cast(values, "float32")),
});

const whole = widened("int8, cast to float32", "int8");

/** The first is what is compared with. 8 bits have a scale for each token and head, `[1, heads, 1, past]`. */
const FORMS: readonly Form[] = [
  {
    name: "float32",
    type: "float32",
    scores: (g, query, keys) => g.fusedMatMul(query, keys, { transB: true }),
    mixed: (g, weights, values) => g.matmul(weights, values),
  },
  widened("float16, cast to float32", "float16"),
  {
    ...whole,
    scores: (g, query, keys, scale) => g.mul(whole.scores(g, query, keys, scale), scale()),
    mixed: (g, weights, values, scale) => whole.mixed(g, g.mul(weights, scale()), values, scale),
  },
  {
    name: "int8, products of integers",
    type: "int8",
    scores(g, query, keys, scale) {
      const most = node(g, "ReduceMax", [node(g, "Abs", [query], "float32", query.shape)], "float32", [1, 1, 1, 1]);
      const step = g.div(most, 127);
      const inputs = [query, g.squeeze(step, [0, 1, 2, 3]), g.scalar("int8", 0)];
      const rounded = node(g, "QuantizeLinear", inputs, "int8", query.shape);
      const [batch, heads, past] = keys.shape;
      const shape = [batch!, heads!, past!, query.shape[2]!];
      const product = node(g, "MatMulInteger", [keys, g.transpose(rounded, [0, 1, 3, 2])], "int32", shape);
      return g.mul(g.mul(g.transpose(g.cast(product, "float32"), [0, 1, 3, 2]), scale()), step);
    },
    mixed(g, weights, values, scale) {
      const [rounded, step, zero] = g.node({
        op: "DynamicQuantizeLinear",
        inputs: [g.mul(weights, scale())],
        outputs: [
          { type: "uint8", shape: weights.shape },
          { type: "float32", shape: [] },
          { type: "uint8", shape: [] },
        ],
      });
      const shape = [...weights.shape.slice(0, 3), values.shape[3]!];
      return g.mul(g.cast(node(g, "MatMulInteger", [rounded, values, zero], "int32", shape), "float32"), step);
    },
  },
];

/**
 * What attention over keys and values of another type costs: the attention of all layers of the language model one after the
 * other and nothing else, for a step and for a piece of a prompt. GroupQueryAttention reads 8 bits as well, with one scale for all
 * tokens.
 */
export const cacheTypes: Benchmark = async (options) => {
  const { layers, heads, keyValueHeads, hidden } = cutShape(SHAPES[options.shape], options.layers).text;
  const shape: Heads = { layers, heads: keyValueHeads, groups: heads / keyValueHeads, width: hidden / heads };
  const { threads, runs = SHORT_RUNS } = options;
  const ways = [
    ...FORMS.map((form) => ({ name: form.name, graph: writtenOut(form, shape), feeds: feedsOf(form.type, shape) })),
    ...(["float32", "int8"] as const).map((type) => ({
      name: `${type}, GroupQueryAttention`,
      graph: fused(type, shape),
      feeds: fusedFeeds(type, shape),
    })),
  ];
  const sessions: Session[] = [];
  const rows: Row[] = [];
  try {
    for (const { graph } of ways) {
      const bytes = await serializeModel(graph);
      sessions.push(await nodeRuntime.inference.createSession({ bytes }, { threads }));
    }
    for (const past of options.contexts) {
      for (const count of [1, PIECE]) {
        const tasks = ways.map(({ feeds }, index) => {
          const fed = feeds(past, count);
          return async (): Promise<Figures> => ({ ms: await processorTime(() => sessions[index]!.run(fed)) });
        });
        const samples = await inTurn(tasks, runs);
        const what = count === 1 ? "a step" : `${count} tokens`;
        const against = row(`${what} at ${past}: ${ways[0]!.name}`, "ms", samples[0]!["ms"]!);
        const others = ways.slice(1).map(({ name }, index) => {
          const values = samples[index + 1]!["ms"]!;
          return row(`${what} at ${past}: ${name}`, "ms", values, against);
        });
        rows.push(against, ...others);
      }
    }
  } finally {
    await Promise.all(sessions.map((session) => session.release()));
  }
  const setting = { shape: shapeText(options), run: "attention of all layers, processors' time", threads };
  return { benchmark: "cache-types", setting, rows };
};

function node(g: GraphBuilder, op: string, inputs: Value[], type: DType, shape: Value["shape"]): Value {
  return g.node({ op, inputs, outputs: [{ type, shape }] })[0];
}

/** As `cached-attention.ts` of the converter has it, each layer's output the next one's queries. */
function writtenOut(form: Form, { layers, heads, width }: Heads): GraphBuilder {
  const g = new GraphBuilder({ name: "attention" });
  let query = g.input("query", "float32", [1, heads, "rows", width]);
  const first = query;
  const fresh = (["key", "value"] as const).map((name) => g.input(name, "float32", [1, heads, "new", width]));
  const [key, value] = fresh as [Value, Value];
  const length = g.input("past_length", "int64", [1]);
  for (let layer = 0; layer < layers; layer++) {
    const past = (name: string) => g.input(`${name}.${layer}`, form.type, [1, heads, "past", width]);
    const scale = (name: string) => () => g.input(`${name}_scale.${layer}`, "float32", [1, heads, 1, "past"]);
    const pastScores = form.scores(g, query, past("key"), scale("key"));
    const newScores = g.fusedMatMul(query, key, { transB: true });
    const weights = g.softmax(g.concat([pastScores, newScores], 3));
    const pastWeights = g.refine(g.slice(weights, { axis: 3, end: length }), [1, heads, "rows", "past"]);
    const newWeights = g.refine(g.slice(weights, { axis: 3, start: length }), newScores.shape);
    const mixed = form.mixed(g, pastWeights, past("value"), scale("value"));
    query = g.refine(g.add(mixed, g.matmul(newWeights, value)), first.shape);
  }
  g.output("mixed", query);
  return g;
}

function feedsOf(type: DType, { layers, heads, groups, width }: Heads) {
  return (past: number, count: number): Feeds => {
    const feeds: Record<string, Tensor> = {
      query: waves([1, heads, groups * count, width]),
      key: waves([1, heads, count, width]),
      value: waves([1, heads, count, width]),
      past_length: new Tensor("int64", BigInt64Array.of(BigInt(past)), [1]),
    };
    for (let layer = 0; layer < layers; layer++) {
      for (const name of ["key", "value"]) {
        feeds[`${name}.${layer}`] = stored(type, [1, heads, past, width]);
        if (type === "int8") feeds[`${name}_scale.${layer}`] = scales([1, heads, 1, past]);
      }
    }
    return feeds;
  };
}

/** The same by the fused operator, which returns the whole cache. */
function fused(type: "float32" | "int8", { layers, heads, groups, width }: Heads): GraphBuilder {
  const g = new GraphBuilder({ name: "fused" });
  let query = g.input("query", "float32", [1, "new", heads * groups * width]);
  const first = query;
  const key = g.input("key", "float32", [1, "new", heads * width]);
  const value = g.input("value", "float32", [1, "new", heads * width]);
  const lengths = ["seqlens_k", "total"].map((name) => g.input(name, "int32", [1]));
  const scale = type === "int8" ? g.input("scale", "float32", [1]) : undefined;
  for (let layer = 0; layer < layers; layer++) {
    const cached = ["key", "value"].map((name) => g.input(`${name}.${layer}`, type, [1, heads, "past", width]));
    const nothing = [undefined, undefined, undefined, undefined, undefined];
    const outputs = ["key", "value"].map(() => ({ type, shape: [1, heads, "total", width] }));
    const [mixed, ...all] = g.node({
      op: "GroupQueryAttention",
      domain: "com.microsoft",
      inputs: [query, key, value, ...cached, ...lengths, ...nothing, scale, scale],
      attributes: {
        num_heads: attr.int(heads * groups),
        kv_num_heads: attr.int(heads),
        k_quant_type: scale && attr.string("PER_TENSOR"),
        v_quant_type: scale && attr.string("PER_TENSOR"),
        kv_cache_bit_width: scale && attr.int(8),
      },
      outputs: [{ type: "float32", shape: first.shape }, ...outputs],
    });
    for (const [index, each] of all.entries()) g.output(`present.${layer}.${index}`, each);
    query = mixed;
  }
  g.output("mixed", query);
  return g;
}

function fusedFeeds(type: "float32" | "int8", { layers, heads, groups, width }: Heads) {
  return (past: number, count: number): Feeds => {
    const feeds: Record<string, Tensor> = {
      query: waves([1, count, heads * groups * width]),
      key: waves([1, count, heads * width]),
      value: waves([1, count, heads * width]),
      seqlens_k: new Tensor("int32", Int32Array.of(past + count - 1), [1]),
      total: new Tensor("int32", Int32Array.of(past + count), [1]),
      ...(type === "int8" && { scale: scales([1]) }),
    };
    for (let layer = 0; layer < layers; layer++) {
      for (const name of ["key", "value"]) feeds[`${name}.${layer}`] = stored(type, [1, heads, past, width]);
    }
    return feeds;
  };
}

function waves(dims: readonly number[]): Tensor {
  const length = sizeOf(dims);
  return new Tensor(
    "float32",
    Float32Array.from({ length }, (_, index) => Math.sin(index)),
    dims,
  );
}

function scales(dims: readonly number[]): Tensor {
  return new Tensor("float32", new Float32Array(sizeOf(dims)).fill(SCALE), dims);
}

/** Numbers about 1 large. */
function stored(type: DType, dims: readonly number[]): Tensor {
  const length = sizeOf(dims);
  if (type === "float32") return waves(dims);
  if (type === "int8") {
    return new Tensor(
      "int8",
      Int8Array.from({ length }, (_, index) => ((index * 37) % 255) - 127),
      dims,
    );
  }
  return new Tensor(
    "float16",
    Uint16Array.from({ length }, (_, index) => 0x3000 + (index % 0x0800)),
    dims,
  );
}

function sizeOf(dims: readonly number[]): number {
  return dims.reduce((product, size) => product * size, 1);
}
