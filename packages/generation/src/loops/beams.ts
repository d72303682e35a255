import type { ResolvedOptions } from "../resolve-options.js";
import type { FinishReason } from "../stopping/criteria.js";

/** A sequence that beams follow, or have finished. */
export interface Beam {
  /** Padding, prompt, new tokens. */
  sequence: readonly number[];
  /** For each new token the row of the step's scores that it was chosen from. */
  parents: readonly number[];
  /** The sum of log probabilities; of finished ones over their length to the power of `length_penalty`. float32. */
  score: number;
  /** Why it ended, once it has. */
  reason?: FinishReason;
}

/** Below every real score: Transformers' mark of sequences that do not count. */
const OUT = -1e9;

/**
 * The beams of one prompt: those that go on, and the best that have finished. A line-by-line counterpart of Transformers'
 * `_beam_search` (`generation/utils.py`, 5.23), whose float32 sums and marks of -1e9 decide ties.
 */
export class PromptBeams {
  readonly #options: ResolvedOptions;
  running: Beam[];
  finished: Beam[];
  /** Whether a running beam may still become better than a finished one. */
  improvable = true;

  constructor(prompt: readonly number[], options: ResolvedOptions) {
    this.#options = options;
    const { num_beams } = options;
    const beam = (score: number): Beam => ({ sequence: prompt, parents: [], score });
    // All beams are the same at first: only one may be continued.
    this.running = Array.from({ length: num_beams }, (_, index) => beam(index === 0 ? 0 : OUT));
    this.finished = Array.from({ length: num_beams }, () => beam(OUT));
  }

  /** Whether all places are taken by sequences that have ended. */
  get full(): boolean {
    return this.finished.every(hasEnded);
  }

  /** @param candidates beams with one token more, best first; those that end there have a reason */
  advance(candidates: readonly Beam[]): void {
    this.#finish(candidates);
    const marked = candidates.map(({ score, ...rest }) => ({
      ...rest,
      score: rest.reason === undefined ? score : Math.fround(score + OUT),
    }));
    this.running = best(marked, this.#options.num_beams);
    this.improvable &&= this.#canImprove();
  }

  #finish(candidates: readonly Beam[]): void {
    const { num_beams, early_stopping } = this.#options;
    const closed = this.full && early_stopping === true;
    const scored = candidates.map((candidate, rank): Beam => {
      // Lower ranks are only there so that enough go on.
      const ends = candidate.reason !== undefined && rank < num_beams;
      let score = Math.fround(candidate.score / this.#penalty(candidate.sequence.length));
      if (closed) score = Math.fround(score + OUT);
      if (!this.improvable) score = Math.fround(score + OUT);
      if (!ends) score = Math.fround(score + OUT);
      return { ...candidate, score, reason: ends ? candidate.reason : undefined };
    });
    this.finished = best([...this.finished, ...scored], num_beams);
  }

  /** Transformers' `_check_early_stop_heuristic`. */
  #canImprove(): boolean {
    const { early_stopping, length_penalty, max_length } = this.#options;
    const { score, sequence } = this.running[0]!;
    const longest = early_stopping === "never" && length_penalty > 0 ? max_length : sequence.length;
    const possible = Math.fround(score / this.#penalty(longest));
    const worst = Math.min(...this.finished.map((beam) => beam.score));
    return this.finished.some((beam) => possible > (hasEnded(beam) ? worst : OUT));
  }

  #penalty(length: number): number {
    const { length_penalty, prompt_length } = this.#options;
    return Math.fround((length - prompt_length) ** length_penalty);
  }
}

function hasEnded({ reason }: Beam): boolean {
  return reason !== undefined;
}

/** Of equal scores the first. */
function best(beams: readonly Beam[], count: number): Beam[] {
  return [...beams].sort((a, b) => b.score - a.score).slice(0, count);
}
