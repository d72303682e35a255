import { InternVL2_5ForConditionalGeneration } from "internvl";
import { type Figures, inTurn } from "../measure.js";
import { promptOf } from "../prompt.js";
import { PutTimes } from "../put-times.js";
import { type Row, row } from "../report.js";
import { type Benchmark, LONG_RUNS, NOTHING_KEPT, shapeText } from "./benchmark.js";

const NEW_TOKENS = 64;
const LARGE = 8192;

/** What room that a cache reserves at once costs a prompt and each step, against room that grows. */
export const room: Benchmark = async (options, workspace) => {
  const dtype = options.dtype ?? "q4";
  const folder = await workspace.converted([dtype]);
  const { threads } = options;
  const model = await InternVL2_5ForConditionalGeneration.from_pretrained(folder, { dtype, threads, ...NOTHING_KEPT });
  const rows: Row[] = [];
  try {
    for (const context of options.contexts) {
      const needed = context + NEW_TOKENS;
      const rooms = [
        ["as it grows", 0],
        ["as much as prompt and answer", needed],
        ["twice that", 2 * needed],
        [`${LARGE}`, LARGE],
      ] as const;
      const tasks = rooms.map(
        ([, max_cache_len]) =>
          () =>
            generateOnce(model, context, max_cache_len),
      );
      const samples = await inTurn(tasks, options.runs ?? LONG_RUNS);
      for (const [figure, what] of [
        ["prefill", `prompt of ${context}`],
        ["step", `a step after ${context}`],
      ] as const) {
        const [grown, ...reserved] = samples.map((sample, index) => [rooms[index]![0], sample[figure]!] as const);
        const against = row(`${what}, room ${grown![0]}`, "ms", grown![1]);
        rows.push(against, ...reserved.map(([name, values]) => row(`${what}, room ${name}`, "ms", values, against)));
      }
    }
    const setting = { shape: shapeText(options), weights: `${dtype}, random`, threads: threads };
    return { benchmark: "room", setting, rows };
  } finally {
    await model.dispose();
  }
};

/** Milliseconds of the prompt, and of a step after it. */
async function generateOnce(
  model: InternVL2_5ForConditionalGeneration,
  context: number,
  max_cache_len: number,
): Promise<Figures> {
  const past_key_values = model.newCache(1, { max_cache_len });
  const streamer = new PutTimes();
  const input_ids = [promptOf(context)];
  // Random weights may say the end of the turn at any time: nothing counts as one.
  await model.generate({ input_ids, past_key_values, streamer, max_new_tokens: NEW_TOKENS, eos_token_id: [] });
  past_key_values.dispose();
  return { prefill: streamer.firstMs(), step: streamer.stepMs() };
}
