import { InternVL2_5ForConditionalGeneration } from "internvl";
import { type Figures, inTurn, timed } from "../measure.js";
import { randomBits } from "../random.js";
import { row } from "../report.js";
import { type Benchmark, LONG_RUNS, NOTHING_KEPT, shapeText } from "./benchmark.js";

const PROMPTS = 8;
const NEW_TOKENS = 32;
/** Token 0 fills up on the left; the mask hides it. */
const PAD = 0;

/** Eight prompts of unequal length, one after the other, as a batch and as concurrent calls: tokens a second, and whether they are the same. */
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
  let equal = 0;
  let equalCalls = 0;
  try {
    let single: number[][] = [];
    const tasks = [
      async (): Promise<Figures> => {
        single = [];
        const { ms } = await timed(async () => {
          for (const prompt of prompts) single.push(...(await model.generate({ input_ids: [prompt], ...answering })));
        });
        return { ms };
      },
      async (): Promise<Figures> => {
        const { result, ms } = await timed(() => model.generate({ ...together, ...answering }));
        equal = result.filter(
          (ids, index) => `${ids.slice(-NEW_TOKENS)}` === `${single[index]!.slice(-NEW_TOKENS)}`,
        ).length;
        return { ms };
      },
      async (): Promise<Figures> => {
        const calls = prompts.map((prompt) => model.generate({ input_ids: [prompt], ...answering }));
        const { result, ms } = await timed(() => Promise.all(calls));
        equalCalls = result.filter(([ids], index) => `${ids}` === `${single[index]}`).length;
        return { ms };
      },
    ];
    const [alone, batched, concurrent] = await inTurn(tasks, options.runs ?? LONG_RUNS);
    const perSecond = (times: readonly number[]) => times.map((ms) => (PROMPTS * NEW_TOKENS * 1000) / ms);
    const aloneRow = row("one after the other", "tok/s", perSecond(alone!["ms"]!));
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
        row("together", "tok/s", perSecond(batched!["ms"]!), aloneRow),
        row("concurrent calls", "tok/s", perSecond(concurrent!["ms"]!), aloneRow),
        row("together, answers that are the same", `of ${PROMPTS}`, [equal]),
        row("concurrent calls, answers that are the same", `of ${PROMPTS}`, [equalCalls]),
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
