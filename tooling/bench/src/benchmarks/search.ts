import { type GenerateArguments, InternVL2_5ForConditionalGeneration } from "internvl";
import { type Figures, inTurn, timed } from "../measure.js";
import { randomBits } from "../random.js";
import { row } from "../report.js";
import { type Benchmark, LONG_RUNS, NOTHING_KEPT, shapeText } from "./benchmark.js";

const NEW_TOKENS = 48;
const BEAMS = 4;
const LOOKUP = 8;

/** What other ways of decoding cost, and what prompt lookup saves on an answer that quotes its prompt. */
export const search: Benchmark = async (options, workspace) => {
  const dtype = options.dtype ?? "q4";
  const folder = await workspace.converted([dtype]);
  const { threads } = options;
  const model = await InternVL2_5ForConditionalGeneration.from_pretrained(folder, { dtype, threads, ...NOTHING_KEPT });
  const bits = randomBits(1);
  const prompt = Array.from({ length: options.contexts[0]! }, () => bits() % 256);
  // Random weights copy nothing: the quotation is forced, so this is the most that can be saved.
  const quoting = {
    prefix_allowed_tokens_fn: (_: number, ids: readonly number[]) => [prompt[ids.length - prompt.length]!],
  };
  const generate = (more: Partial<GenerateArguments>) => async (): Promise<Figures> => {
    const args = { input_ids: [prompt], max_new_tokens: NEW_TOKENS, eos_token_id: [], ...more };
    const { ms } = await timed(() => model.generate(args));
    return { ms };
  };
  try {
    const samples = await inTurn(
      [
        generate({}),
        generate({ num_beams: BEAMS }),
        generate({ do_sample: true, num_return_sequences: BEAMS, seed: 1 }),
        generate(quoting),
        generate({ ...quoting, prompt_lookup_num_tokens: LOOKUP }),
        generate({ prompt_lookup_num_tokens: LOOKUP }),
      ],
      options.runs ?? LONG_RUNS,
    );
    const seconds = samples.map(({ ms }) => ms!.map((each) => each / 1000));
    const greedy = row("greedy", "s", seconds[0]!);
    const quoted = row("a quotation", "s", seconds[3]!);
    return {
      benchmark: "search",
      setting: {
        shape: shapeText(options),
        weights: `${dtype}, random`,
        prompt: prompt.length,
        "new tokens": NEW_TOKENS,
        threads: threads,
      },
      rows: [
        greedy,
        row(`${BEAMS} beams`, "s", seconds[1]!, greedy),
        row(`${BEAMS} sampled answers`, "s", seconds[2]!, greedy),
        quoted,
        row(`a quotation, prompt_lookup_num_tokens ${LOOKUP}`, "s", seconds[4]!, quoted),
        row(`noise, prompt_lookup_num_tokens ${LOOKUP}`, "s", seconds[5]!, greedy),
      ],
    };
  } finally {
    await model.dispose();
  }
};
