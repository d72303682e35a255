import { InternVL2_5ForConditionalGeneration } from "internvl";
import { type Figures, inTurn } from "../measure.js";
import type { LinePeer } from "../peers/line-peer.js";
import { withPeers } from "../peers/set.js";
import { languagePeers } from "../peers/starts.js";
import { promptOf } from "../prompt.js";
import { type Row, row } from "../report.js";
import { StepWatch } from "../step-watch.js";
import { type SessionClock, timedRuntime } from "../timed-runtime.js";
import { type Benchmark, LONG_RUNS, NOTHING_KEPT, REAL_LOSS, shapeText } from "./benchmark.js";

/** Tokens generated in each run. */
const STEPS = 32;
/** PyTorch takes a second for some, in bfloat16 where the processor has no instructions for it. */
const PYTORCH_STEPS = 8;
/** The token after each prompt. */
const NEXT = 65;

/** Steps after prompts of several lengths. A prompt is read once: runs crop what they added to its cache. */
export const decode: Benchmark = async (options, workspace) => {
  const dtype = options.dtype ?? "q4";
  const folder = await workspace.converted([dtype]);
  const room = Math.max(...options.contexts) + STEPS + 2;
  return withPeers(languagePeers(options, workspace, room), async ({ peers, absent, versions }) => {
    const clock: SessionClock = { ms: 0 };
    const { threads } = options;
    const loading = { dtype, threads, runtime: timedRuntime(clock), ...NOTHING_KEPT };
    const model = await InternVL2_5ForConditionalGeneration.from_pretrained(folder, loading);
    try {
      const rows: Row[] = [];
      let first: Row | undefined;
      for (const context of options.contexts) {
        const compared = peers.filter((peer) => isCompared(peer, context, options.contexts));
        const runs = options.runs ?? LONG_RUNS;
        const [ours, ...theirs] = await stepsAfter(context, { model, clock, peers: compared, runs });
        const step = row(`step at ${context}`, "ms", ours!["ms"]!, first);
        first ??= step;
        const perSecond = (name: string, times: readonly number[], against?: Row) =>
          row(
            `${name}decode at ${context}`,
            "tok/s",
            times.map((ms) => 1000 / ms),
            against,
          );
        const speed = perSecond("", ours!["ms"]!);
        rows.push(
          speed,
          ...compared.map(({ name }, index) => perSecond(`${name}: `, theirs[index]!["ms"]!, speed)),
          step,
          row(`JavaScript's part at ${context}`, "ms", ours!["own"]!, step),
        );
      }
      return {
        benchmark: "decode",
        setting: {
          shape: shapeText(options),
          weights: `${dtype}, random`,
          run: `the mean of ${STEPS} steps, of ${PYTORCH_STEPS} in PyTorch`,
          threads,
          ...REAL_LOSS,
          ...versions,
        },
        rows,
        absent,
      };
    } finally {
      await model.dispose();
    }
  });
};

/**
 * No target needs PyTorch, which takes long for long prompts, after any but the shortest; nor llama-bench, which reads the prompt
 * anew for every run, after the longest of several.
 */
function isCompared(peer: LinePeer, context: number, contexts: readonly number[]): boolean {
  if (isPyTorch(peer)) return context === Math.min(...contexts);
  return !peer.name.startsWith("llama-bench") || contexts.length === 1 || context < Math.max(...contexts);
}

function isPyTorch({ name }: LinePeer): boolean {
  return name.startsWith("PyTorch");
}

interface Contestants {
  model: InternVL2_5ForConditionalGeneration;
  clock: SessionClock;
  peers: readonly LinePeer[];
  runs: number;
}

/** Of ours `ms` a step and, of these, `own`: outside of `session.run`. Of each peer `ms`. */
async function stepsAfter(context: number, { model, clock, peers, runs }: Contestants) {
  const tokens = promptOf(context);
  const past_key_values = model.newCache(1);
  await model.forward({ input_ids: [tokens], past_key_values, logits_to_keep: 1 });
  for (const peer of peers) await peer.ask({ do: "prompt", tokens });
  const ours = async (): Promise<Figures> => {
    past_key_values.crop(context);
    const watch = new StepWatch(clock);
    const input_ids = [[...tokens, NEXT]];
    // Random weights may say the end of the turn at any time: nothing counts as one.
    await model.generate({
      input_ids,
      past_key_values,
      max_new_tokens: STEPS + 1,
      eos_token_id: [],
      streamer: watch,
    });
    return watch.meanStep();
  };
  const theirs = peers.map((peer) => () => {
    const steps = isPyTorch(peer) ? PYTORCH_STEPS : STEPS;
    return peer.measure({ do: "decode", at: context, steps, token: NEXT });
  });
  try {
    return await inTurn([ours, ...theirs], runs);
  } finally {
    past_key_values.dispose();
  }
}
