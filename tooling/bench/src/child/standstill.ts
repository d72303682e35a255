import type { ProgressInfo } from "@internvl/core";

/** The longest time that a progress display showed the same. */
export interface LongestStandstill {
  ms: number;
  /** What was shown before it. */
  after: string;
}

/** Hears a call's progress, and finds the longest time in which no figure of it changed. */
export class Standstill {
  #longest: LongestStandstill = { ms: 0, after: "the start" };
  #shown = "the start";
  #since: number = performance.now();

  readonly report = ({ stage, name, loaded, unit }: ProgressInfo): void => {
    const shown = [stage, name, loaded, unit].join(" ");
    if (shown !== this.#shown) this.#change(shown);
  };

  /** Call it when the call is over. */
  end(): LongestStandstill {
    this.#change("the end");
    return this.#longest;
  }

  #change(shown: string): void {
    const now = performance.now();
    if (now - this.#since > this.#longest.ms) this.#longest = { ms: now - this.#since, after: this.#shown };
    this.#shown = shown;
    this.#since = now;
  }
}
