import { type Dtype, InternVL2_5ForConditionalGeneration } from "internvl";
import { type Figures, inTurn, median } from "../measure.js";
import { withPeers } from "../peers/set.js";
import { languagePeers } from "../peers/starts.js";
import { promptOf } from "../prompt.js";
import { PutTimes } from "../put-times.js";
import { type Row, row } from "../report.js";
import { type Benchmark, LONG_RUNS, NOTHING_KEPT, REAL_LOSS, shapeText } from "./benchmark.js";

/** Room for an answer in the peers' contexts. */
const ROOM = 64;
/** So that neither a first run nor its memory is measured: a short prompt warms up as well as a long one. */
const WARM_UP = 64;
/** What reads prompts fastest in Node, beside the decoder that writes. */
const PROMPT_DTYPE: Dtype = "int8";

/** Reading a prompt until its first token is there. */
export const prefill: Benchmark = async (options, workspace) => {
  const dtype = options.dtype ?? "q4";
  const promptDtypes = dtype === PROMPT_DTYPE ? [] : [PROMPT_DTYPE];
  const folder = await workspace.converted([dtype, ...promptDtypes]);
  const length = median(options.contexts);
  return withPeers(languagePeers(options, workspace, length + ROOM), async ({ peers, absent, versions }) => {
    const { threads } = options;
    const loading = { dtype, threads, ...NOTHING_KEPT };
    const models: InternVL2_5ForConditionalGeneration[] = [];
    try {
      for (const prompt_dtype of [dtype, ...promptDtypes]) {
        models.push(await InternVL2_5ForConditionalGeneration.from_pretrained(folder, { ...loading, prompt_dtype }));
      }
      const tasks = (tokens: readonly number[]) => [
        ...models.map((model) => () => readOnce(model, tokens)),
        ...peers.map((peer) => () => peer.measure({ do: "prefill", tokens })),
      ];
      await inTurn(tasks(promptOf(WARM_UP)), 0);
      const samples = await inTurn(tasks(promptOf(length)), options.runs ?? LONG_RUNS, 0);
      const perSecond = (name: string, times: readonly number[], against?: Row) =>
        row(
          `${name}: prefill`,
          "tok/s",
          times.map((ms) => (length * 1000) / ms),
          against,
        );
      const ours = perSecond(dtype, samples[0]!["ms"]!);
      return {
        benchmark: "prefill",
        setting: {
          shape: shapeText(options),
          weights: "random",
          prompt: `${length} tokens`,
          threads,
          ...REAL_LOSS,
          ...versions,
        },
        rows: [
          ours,
          ...[...promptDtypes.map((each) => `${dtype}, prompts in ${each}`), ...peers.map(({ name }) => name)].map(
            (name, index) => perSecond(name, samples[index + 1]!["ms"]!, ours),
          ),
        ],
        absent,
      };
    } finally {
      await Promise.all(models.map((model) => model.dispose()));
    }
  });
};

async function readOnce(model: InternVL2_5ForConditionalGeneration, tokens: readonly number[]): Promise<Figures> {
  const streamer = new PutTimes();
  // A cache of its own, so that no prompt that was read before is found again.
  const past_key_values = model.newCache(1);
  await model.generate({ input_ids: [[...tokens]], past_key_values, max_new_tokens: 1, streamer });
  past_key_values.dispose();
  return { ms: streamer.firstMs() };
}
