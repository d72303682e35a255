import { InternVL2_5ForConditionalGeneration, type Streamer } from "internvl";
import { timed } from "../measure.js";
import { attribute } from "../profile/attribute.js";
import { ProfilingRuntime } from "../profile/profiling-runtime.js";
import { promptOf } from "../prompt.js";
import { oneTile } from "../tile.js";
import { type Benchmark, LONG_RUNS, NOTHING_KEPT, shapeText } from "./benchmark.js";

/** Tokens generated after each prompt. */
const STEPS = 16;

/**
 * Where the time of a tile, of a prompt and of a step goes. Writing the profile itself costs some microseconds an operator:
 * shares are what to look at.
 */
export const profile: Benchmark = async (options, workspace) => {
  const dtype = options.dtype ?? "q4";
  const folder = await workspace.converted([dtype]);
  const profiling = await ProfilingRuntime.create();
  const loading = { dtype, threads: options.threads, runtime: profiling.runtime, ...NOTHING_KEPT };
  const model = await InternVL2_5ForConditionalGeneration.from_pretrained(folder, loading);
  const phases = new Map<string, { ms: number; times: number }>();
  const runs = options.runs ?? LONG_RUNS;
  try {
    const pixels = await oneTile(model.config.image_size);
    await model.get_image_features(pixels);
    profiling.phase = "a tile";
    let ms = 0;
    for (let run = 0; run < runs; run++) ms += (await timed(() => model.get_image_features(pixels))).ms;
    phases.set("a tile", { ms, times: runs });

    for (const context of options.contexts) {
      const watch = new PhaseWatch(profiling, context);
      const input_ids = [promptOf(context)];
      // Random weights may say the end of the turn at any time: nothing counts as one.
      await model.generate({ input_ids, max_new_tokens: STEPS + 1, eos_token_id: [], streamer: watch });
      for (const [phase, spent] of watch.phases) phases.set(phase, spent);
    }
  } finally {
    await model.dispose();
  }
  const measured = await profiling.runs();
  return {
    benchmark: "profile",
    setting: { shape: shapeText(options), weights: `${dtype}, random`, threads: options.threads },
    rows: [...phases].flatMap(([phase, { ms, times }]) =>
      attribute(
        phase,
        measured.filter((run) => run.phase === phase),
        ms,
        times,
      ),
    ),
  };
};

/** The first `put` is the prompt's beginning, the second its end and that of the first token; each other one ends a step. */
class PhaseWatch implements Streamer {
  readonly phases: Map<string, { ms: number; times: number }> = new Map();
  readonly #profiling: ProfilingRuntime;
  readonly #context: number;
  #last: number | undefined;

  constructor(profiling: ProfilingRuntime, context: number) {
    this.#profiling = profiling;
    this.#context = context;
  }

  put(): void {
    const now = performance.now();
    const { phase } = this.#profiling;
    if (this.#last === undefined) {
      this.#profiling.phase = `prefill of ${this.#context}`;
    } else {
      const { ms, times } = this.phases.get(phase) ?? { ms: 0, times: 0 };
      this.phases.set(phase, { ms: ms + now - this.#last, times: times + 1 });
      this.#profiling.phase = `step at ${this.#context}`;
    }
    this.#last = now;
  }

  end(): void {
    this.#profiling.phase = "between";
  }
}
