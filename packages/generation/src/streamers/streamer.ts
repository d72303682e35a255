import type { TokenDetail } from "./token-detail.js";

/**
 * Receives tokens while they are generated. Calls come in this order: `put(prompts)`, `put` once a step, then `end()`, or
 * `fail(error)` where there is one. What a streamer throws ends the generation and reaches its caller.
 */
export interface Streamer {
  /** When there, `put` gets details of each token, with this many alternatives (0: only its own probability). */
  readonly top_logprobs?: number;
  /**
   * New ids of each row: whole prompts at first, then one token a row (pad for rows that have ended).
   *
   * @param details one a row, none for rows that had ended; only with `top_logprobs`, and not for the prompts
   */
  put(token_ids: readonly (readonly number[])[], details?: readonly (TokenDetail | undefined)[]): void;
  /** The generation is over, or was stopped through its signal. */
  end(): void;
  /** The generation failed; `end` is not called. */
  fail?(error: unknown): void;
}
