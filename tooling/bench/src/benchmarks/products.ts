import { type Session, Tensor } from "@internvl/core";
import { serializeModel } from "@internvl/onnx";
import { nodeInference } from "@internvl/runtime-node";
import { cutShape, SHAPES } from "../checkpoint/shape.js";
import { type Figures, inTurn, timed } from "../measure.js";
import { blockwise, DYNAMIC_INT8, FLOAT32, productsGraph } from "../products/layer.js";
import { randomBits } from "../random.js";
import { type Row, row } from "../report.js";
import { type Benchmark, SHORT_RUNS } from "./benchmark.js";

const ROWS = [1, 2, 4, 8, 16, 128];
/** Layers of a graph where `--layers` says nothing. */
const LAYERS = 4;
/** What one run is about the mean of. */
const ENOUGH_MS = 40;

const PRODUCTS = [
  ...[32, 128].flatMap((block) => [0, 1, 4].map((level) => blockwise(4, block, level))),
  blockwise(8, 128, 4),
  DYNAMIC_INT8,
  FLOAT32,
];

/** What the matrix products of a decoder layer cost for several rows, in each operator: milliseconds a layer. */
export const products: Benchmark = async ({ shape, layers = LAYERS, threads, runs = SHORT_RUNS }) => {
  const { text } = cutShape(SHAPES[shape], layers);
  const sessions: Session[] = [];
  try {
    for (const product of PRODUCTS) {
      const bytes = await serializeModel(productsGraph(product, { text }, layers));
      sessions.push(await nodeInference.createSession({ bytes }, { threads }));
    }
    const tasks = sessions.map((session) => () => measureRows(session, text.hidden, layers));
    const samples = await inTurn(tasks, runs);
    const rows = PRODUCTS.flatMap(({ name }, index) => {
      let one: Row | undefined;
      return ROWS.map((count) => {
        const line = row(`${name}: ${count} ${count === 1 ? "row" : "rows"}`, "ms", samples[index]![count]!, one);
        one ??= line;
        return line;
      });
    });
    const setting = { shape, weights: "random", layers: `${layers}; figures are of one`, threads };
    return { benchmark: "products", setting, rows };
  } finally {
    for (const session of sessions) await session.release();
  }
};

/** Milliseconds of a layer, by the number of rows. */
async function measureRows(session: Session, hidden: number, layers: number): Promise<Figures> {
  const figures: Figures = {};
  for (const count of ROWS) {
    const bits = randomBits(count);
    const data = Float32Array.from({ length: count * hidden }, () => bits() / 2 ** 31 - 1);
    const feeds = { x: new Tensor("float32", data, [count, hidden]) };
    const first = await timed(() => session.run(feeds));
    const times = Math.max(1, Math.ceil(ENOUGH_MS / first.ms));
    const { ms } = await timed(async () => {
      for (let time = 0; time < times; time++) await session.run(feeds);
    });
    figures[count] = ms / times / layers;
  }
  return figures;
}
