import type { Streamer } from "internvl";
import type { Figures } from "./measure.js";
import type { SessionClock } from "./timed-runtime.js";

/** Hears the tokens of an answer, and says how long each took. */
export class StepWatch implements Streamer {
  readonly #clock: SessionClock;
  readonly #puts: { at: number; sessionMs: number }[] = [];

  constructor(clock: SessionClock) {
    this.#clock = clock;
  }

  put(): void {
    this.#puts.push({ at: performance.now(), sessionMs: this.#clock.ms });
  }

  end(): void {}

  /** The steps after the first token on average: `ms`, and of these `own`, which passed outside of sessions. */
  meanStep(): Figures {
    // The prompt itself is put first, then the token that reading it gave.
    const [, first, ...steps] = this.#puts;
    const last = steps.at(-1)!;
    const ms = (last.at - first!.at) / steps.length;
    return { ms, own: ms - (last.sessionMs - first!.sessionMs) / steps.length };
  }
}
