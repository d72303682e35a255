import type { ResolvedOptions } from "../resolve-options.js";
import { assertLogits } from "./read-prompts.js";

/** The logits of one step after another: a copy that processors may write into, and what the caller asked to keep. */
export class StepScores {
  readonly #options: ResolvedOptions;
  readonly #rows: number;
  readonly #vocab_size: number;
  readonly #kept_scores: Float32Array[] = [];
  readonly #kept_logits: Float32Array[] = [];
  #scores: Float32Array;

  constructor(rows: number, vocab_size: number, options: ResolvedOptions) {
    this.#rows = rows;
    this.#vocab_size = vocab_size;
    this.#options = options;
    this.#scores = new Float32Array(rows * vocab_size);
  }

  /** @returns each row's scores, equal to its logits; valid until the next call */
  take(logits: Float32Array): Float32Array[] {
    assertLogits(logits, this.#scores.length);
    if (this.#options.output_logits) this.#kept_logits.push(logits.slice());
    if (this.#options.output_scores) {
      this.#scores = new Float32Array(this.#scores.length);
      this.#kept_scores.push(this.#scores);
    }
    this.#scores.set(logits);
    const size = this.#vocab_size;
    return Array.from({ length: this.#rows }, (_, row) => this.#scores.subarray(row * size, (row + 1) * size));
  }

  /** The part of the result that was asked for. */
  kept(): { scores?: Float32Array[]; logits?: Float32Array[] } {
    return {
      ...(this.#options.output_scores && { scores: this.#kept_scores }),
      ...(this.#options.output_logits && { logits: this.#kept_logits }),
    };
  }
}
