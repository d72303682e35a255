import { cutShape, SHAPES } from "../checkpoint/shape.js";
import { PIECE } from "../limits/matrices.js";
import { languageRows, tileRows } from "../limits/node-rows.js";
import { pageRows } from "../limits/page-rows.js";
import { type Benchmark, LONG_RUNS, shapeText } from "./benchmark.js";

/** What onnxruntime alone needs for the parts of a tile, a step, a batch and of the page that nobody else can shorten. */
export const limits: Benchmark = async (options, _workspace) => {
  const shape = cutShape(SHAPES[options.shape], options.layers);
  const { threads } = options;
  const runs = options.runs ?? LONG_RUNS;
  return {
    benchmark: "limits",
    setting: {
      shape: shapeText(options),
      graphs: "of one kind of operators each, in the model's sizes",
      threads,
      piece: `${PIECE} tokens`,
    },
    rows: [
      ...(await tileRows(shape, threads, runs)),
      ...(await languageRows(shape, options.contexts, threads, runs)),
      ...(await pageRows(shape, threads, runs)),
    ],
  };
};
