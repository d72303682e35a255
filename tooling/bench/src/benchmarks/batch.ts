import { InternVL2_5ForConditionalGeneration } from "internvl";
import { type Figures, inTurn, median, timed } from "../measure.js";
import { PutTimes } from "../put-times.js";
import { randomBits } from "../random.js";
import { row } from "../report.js";
import { type Benchmark, LONG_RUNS, NOTHING_KEPT, shapeText } from "./benchmark.js";

const PROMPTS = 8;
const NEW_TOKENS = 32;
/** Token 0 fills up on the left; the mask hides it. */
const PAD = 0;

/**
 * Eight prompts of unequal length, one after the other, as a batch and as concurrent calls: tokens a second, with prompts and of the
 * steps alone, and whether they are the same.
 */
export const batch: Benchmark = async (options, workspace) => {
  const dtype = options.dtype ?? "q4";
  const folder = await workspace.converted([dtype]);
  const { threads } = options;
  const model = await InternVL2_5ForConditionalGeneration.from_pretrained(folder, { dtype, threads, ...NOTHING_KEPT });
  const prompts = unequalPrompts();
  const longest = Math.max(...prompts.map((prompt) => prompt.length));
  const padding = prompts.map((prompt) => new Array<number>(longest - prompt.length));
  const together = {
    input_ids: prompts.map((prompt, index) => [...padding[index]!.fill(PAD), ...prompt]),
    attention_mask: prompts.map((prompt, index) => [...padding[index]!.fill(0), ...prompt.map(() => 1)]),
  };
  // Random weights may say the end of the turn at any time: nothing counts as one.
  const answering = { max_new_tokens: NEW_TOKENS, eos_token_id: [] };
  const answer = async (inputs: { input_ids: number[][]; attention_mask?: number[][] }) => {
    const streamer = new PutTimes();
    const ids = await model.generate({ ...inputs, ...answering, streamer });
    return { ids, step: streamer.stepMs() };
  };
  const oneByOne = async () => {
    const answers: Awaited<ReturnType<typeof answer>>[] = [];
    for (const prompt of prompts) answers.push(await answer({ input_ids: [prompt] }));
    return answers;
  };
  const answersOf = (rows: readonly (readonly number[])[]) => rows.map((ids) => `${ids.slice(-NEW_TOKENS)}`);
  let expected: string[] = [];
  const same = { together: 0, concurrent: 0 };
  const alike = (rows: readonly (readonly number[])[]) =>
    answersOf(rows).filter((answer, index) => answer === expected[index]).length;
  try {
    const tasks = [
      async (): Promise<Figures> => {
        const { result, ms } = await timed(oneByOne);
        expected = answersOf(result.flatMap(({ ids }) => ids));
        return { ms, step: median(result.map(({ step }) => step)) };
      },
      async (): Promise<Figures> => {
        const { result, ms } = await timed(() => answer(together));
        same.together = alike(result.ids);
        return { ms, step: result.step };
      },
      async (): Promise<Figures> => {
        const calls = prompts.map((prompt) => model.generate({ input_ids: [prompt], ...answering }));
        const { result, ms } = await timed(() => Promise.all(calls));
        same.concurrent = alike(result.flat());
        return { ms };
      },
    ];
    const [alone, batched, concurrent] = await inTurn(tasks, options.runs ?? LONG_RUNS);
    const perSecond = (tokens: number, times: readonly number[]) => times.map((ms) => (tokens * 1000) / ms);
    const whole = (times: Record<string, number[]>) => perSecond(PROMPTS * NEW_TOKENS, times["ms"]!);
    const aloneRow = row("one after the other", "tok/s", whole(alone!));
    const stepsRow = row("steps alone, one after the other", "tok/s", perSecond(1, alone!["step"]!));
    return {
      benchmark: "batch",
      setting: {
        shape: shapeText(options),
        weights: `${dtype}, random`,
        prompts: prompts.map((prompt) => prompt.length).join(", "),
        "new tokens": NEW_TOKENS,
        threads: threads,
      },
      rows: [
        aloneRow,
        row("together", "tok/s", whole(batched!), aloneRow),
        row("concurrent calls", "tok/s", whole(concurrent!), aloneRow),
        stepsRow,
        row("steps alone, together", "tok/s", perSecond(PROMPTS, batched!["step"]!), stepsRow),
        row("together, answers that are the same", `of ${PROMPTS}`, [same.together]),
        row("concurrent calls, answers that are the same", `of ${PROMPTS}`, [same.concurrent]),
      ],
    };
  } finally {
    await model.dispose();
  }
};

function unequalPrompts(): number[][] {
  const bits = randomBits(PROMPTS);
  return Array.from({ length: PROMPTS }, (_, index) => Array.from({ length: 20 + 13 * index }, () => bits() % 256));
}
