import type { Streamer } from "@internvl/generation";

/** Hears the tokens of an answer, and knows when each came. */
export class PutTimes implements Streamer {
  readonly #times: number[] = [];

  put(): void {
    this.#times.push(performance.now());
  }

  end(): void {}

  /** Milliseconds from `start`, or else from when the prompt itself is put, which comes first, to the first token. */
  firstMs(start: number = this.#times[0]!): number {
    return this.#times[1]! - start;
  }

  /** Milliseconds of each token after the first, on average. */
  stepMs(): number {
    return (this.#times.at(-1)! - this.#times[1]!) / (this.#times.length - 2);
  }
}
