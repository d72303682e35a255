import type { ResolvedOptions } from "../resolve-options.js";
import { assertLogits } from "./read-prompts.js";

/** The scores of one step after another, and what the caller asked to keep. */
export class StepScores {
  readonly #options: ResolvedOptions;
  readonly #rows: number;
  readonly #vocab_size: number;
  readonly #kept_scores: Float32Array[] = [];
  readonly #kept_logits: Float32Array[] = [];
  #copy: Float32Array | undefined;

  /** @param written whether the scores are written into, so that they have to be a copy of the logits */
  constructor(rows: number, vocab_size: number, options: ResolvedOptions, written: boolean) {
    this.#rows = rows;
    this.#vocab_size = vocab_size;
    this.#options = options;
    if (written && !options.output_scores) this.#copy = new Float32Array(rows * vocab_size);
  }

  /** @returns each row's scores, equal to its logits; valid until the next call, or for as long as the logits are */
  take(logits: Float32Array): Float32Array[] {
    const size = this.#vocab_size;
    assertLogits(logits, this.#rows * size);
    if (this.#options.output_logits) this.#kept_logits.push(logits.slice());
    const scores = this.#scoresOf(logits);
    return Array.from({ length: this.#rows }, (_, row) => scores.subarray(row * size, (row + 1) * size));
  }

  #scoresOf(logits: Float32Array): Float32Array {
    if (this.#options.output_scores) {
      this.#kept_scores.push(logits.slice());
      return this.#kept_scores.at(-1)!;
    }
    this.#copy?.set(logits);
    return this.#copy ?? logits;
  }

  /** The part of the result that was asked for. */
  kept(): { scores?: Float32Array[]; logits?: Float32Array[] } {
    return {
      ...(this.#options.output_scores && { scores: this.#kept_scores }),
      ...(this.#options.output_logits && { logits: this.#kept_logits }),
    };
  }
}
