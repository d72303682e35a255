import type { ProgressInfo } from "internvl";
import type { AnswerSeconds } from "./answer.js";

/** Tells from the reports of a generation when each of its stages ended. */
export class Stopwatch {
  readonly #seconds: AnswerSeconds = { preprocess: 0, vision: 0, prompt: 0, generate: 0 };
  #last: number = performance.now();

  preprocessed(): void {
    this.#seconds.preprocess = this.#lap();
  }

  report({ stage, loaded, total }: ProgressInfo): void {
    if (loaded !== total) return;
    if (stage === "vision") this.#seconds.vision = this.#lap();
    if (stage === "prefill") this.#seconds.prompt = this.#lap();
  }

  generated(): AnswerSeconds {
    this.#seconds.generate = this.#lap();
    return this.#seconds;
  }

  #lap(): number {
    const now = performance.now();
    const seconds = (now - this.#last) / 1000;
    this.#last = now;
    return seconds;
  }
}
