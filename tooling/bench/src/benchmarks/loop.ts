import { runInChild } from "../child/run.js";
import { row } from "../report.js";
import { type Benchmark, shapeText } from "./benchmark.js";

const NEW_TOKENS = 16;

/** The longest time for which nothing else gets its turn while a model in a worker answers about a picture. */
export const loop: Benchmark = async (options, workspace) => {
  const dtype = options.dtype ?? "q4";
  const model = await workspace.converted([dtype]);
  const picture = await workspace.photo();
  const blocks: Record<string, number[]> = { processor: [], generate: [] };
  for (let run = 0; run < (options.runs ?? 2); run++) {
    const args = { model, dtype, threads: options.threads, picture, newTokens: NEW_TOKENS };
    const { result } = await runInChild("blocks", args);
    for (const [stage, ms] of Object.entries(result)) blocks[stage]!.push(ms);
  }
  const { processor, generate } = blocks as { processor: number[]; generate: number[] };
  return {
    benchmark: "loop",
    setting: {
      shape: shapeText(options),
      dtype,
      model: "in a worker",
      answer: `4000 x 3000 JPEG, ${NEW_TOKENS} tokens`,
      threads: options.threads,
    },
    rows: [
      row("longest block while the processor prepares the picture", "ms", processor),
      row("longest block while the model answers", "ms", generate),
      row(
        "longest block",
        "ms",
        processor.map((ms, run) => Math.max(ms, generate[run]!)),
      ),
    ],
  };
};
