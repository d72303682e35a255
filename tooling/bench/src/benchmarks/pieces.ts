import { InternVL2_5ForConditionalGeneration } from "internvl";
import { type Figures, inTurn } from "../measure.js";
import { promptOf } from "../prompt.js";
import { row } from "../report.js";
import { type Benchmark, LONG_RUNS, NOTHING_KEPT, shapeText } from "./benchmark.js";

const SIZES = [1024, 512, 256, 128, 64];

/** Prompts read in pieces of several sizes (`prefill_chunk_size`), against the largest. */
export const pieces: Benchmark = async (options, workspace) => {
  const dtype = options.dtype ?? "q4";
  const folder = await workspace.converted([dtype]);
  const { threads } = options;
  const model = await InternVL2_5ForConditionalGeneration.from_pretrained(folder, { dtype, threads, ...NOTHING_KEPT });
  try {
    const rows = [];
    for (const context of options.contexts) {
      const tasks = SIZES.map((size) => () => readOnce(model, context, size));
      const samples = await inTurn(tasks, options.runs ?? LONG_RUNS);
      for (const figure of ["passed", "processor"] as const) {
        const name = (size: number) => `prompt of ${context} in pieces of ${size}: ${figure}`;
        const [largest, ...smaller] = samples.map((sample) => sample[figure]!);
        const against = row(name(SIZES[0]!), "ms", largest!);
        rows.push(against, ...smaller.map((values, index) => row(name(SIZES[index + 1]!), "ms", values, against)));
      }
    }
    const setting = { shape: shapeText(options), weights: `${dtype}, random`, threads };
    return { benchmark: "pieces", setting, rows };
  } finally {
    await model.dispose();
  }
};

/** Milliseconds that passed, and those that processors worked: the second is steadier where other programs run. */
async function readOnce(
  model: InternVL2_5ForConditionalGeneration,
  context: number,
  prefill_chunk_size: number,
): Promise<Figures> {
  const input_ids = [promptOf(context)];
  const [start, before] = [performance.now(), process.cpuUsage()];
  await model.generate({ input_ids, prefill_chunk_size, max_new_tokens: 1 });
  const { user, system } = process.cpuUsage(before);
  return { passed: performance.now() - start, processor: (user + system) / 1000 };
}
