import { InternVL2_5ForConditionalGeneration, type Streamer } from "internvl";
import { randomBits } from "../random.js";
import { type Row, row } from "../report.js";
import { type SessionClock, timedRuntime } from "../timed-runtime.js";
import { type Benchmark, LONG_RUNS, shapeText } from "./benchmark.js";

/** Tokens generated after each prompt, each a sample. */
const STEPS = 32;

/** `generate` after prompts of several lengths: reading them, and each step after. */
export const decode: Benchmark = async (options, workspace) => {
  const dtype = options.dtype ?? "q4";
  const folder = await workspace.converted([dtype]);
  const clock: SessionClock = { ms: 0 };
  const loading = { dtype, threads: options.threads, runtime: timedRuntime(clock) };
  const model = await InternVL2_5ForConditionalGeneration.from_pretrained(folder, loading);
  try {
    const rows: Row[] = [];
    let shortest: Row | undefined;
    await generateOnce(model, clock, Math.min(...options.contexts));
    for (const context of options.contexts) {
      const prefill: number[] = [];
      const steps: StepTimes[] = [];
      for (let run = 0; run < (options.runs ?? LONG_RUNS); run++) {
        const answer = await generateOnce(model, clock, context);
        prefill.push(answer.prefillMs);
        steps.push(...answer.steps);
      }
      const stepRow = row(
        `step at ${context}`,
        "ms",
        steps.map(({ ms }) => ms),
        shortest,
      );
      shortest ??= stepRow;
      rows.push(
        row(
          `prefill of ${context}`,
          "tok/s",
          prefill.map((ms) => (context * 1000) / ms),
        ),
        row(
          `decode at ${context}`,
          "tok/s",
          steps.map(({ ms }) => 1000 / ms),
        ),
        stepRow,
        row(
          `JavaScript's part at ${context}`,
          "ms",
          steps.map(({ ms, sessionMs }) => ms - sessionMs),
          stepRow,
        ),
      );
    }
    return {
      benchmark: "decode",
      setting: {
        shape: shapeText(options),
        weights: `${dtype}, random`,
        steps: `${STEPS} a run`,
        threads: options.threads ?? "default",
      },
      rows,
    };
  } finally {
    await model.dispose();
  }
};

interface StepTimes {
  ms: number;
  /** Of these, within `session.run`. */
  sessionMs: number;
}

async function generateOnce(model: InternVL2_5ForConditionalGeneration, clock: SessionClock, context: number) {
  const bits = randomBits(context);
  const prompt = Array.from({ length: context }, () => bits() % 256);
  const watch = new StepWatch(clock);
  // Random weights may say the end of the turn at any time: nothing counts as one.
  await model.generate({ input_ids: [prompt], max_new_tokens: STEPS + 1, eos_token_id: [], streamer: watch });
  const [prefill, ...steps] = watch.times;
  return { prefillMs: prefill!.ms, steps };
}

/** The time between one `put` and the next: the first is the prompt's, the others are steps. */
class StepWatch implements Streamer {
  readonly times: StepTimes[] = [];
  readonly #clock: SessionClock;
  #last: { at: number; sessionMs: number } | undefined;

  constructor(clock: SessionClock) {
    this.#clock = clock;
  }

  put(): void {
    const now = { at: performance.now(), sessionMs: this.#clock.ms };
    if (this.#last !== undefined) {
      this.times.push({ ms: now.at - this.#last.at, sessionMs: now.sessionMs - this.#last.sessionMs });
    }
    this.#last = now;
  }

  end(): void {}
}
