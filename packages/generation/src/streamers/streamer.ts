/**
 * Receives tokens while they are generated. Calls come in this order: `put(prompts)`, `put` once a step, then `end()`, or
 * `fail(error)` where there is one. What a streamer throws ends the generation and reaches its caller.
 */
export interface Streamer {
  /** New ids of each row: whole prompts at first, then one token a row (pad for rows that have ended). */
  put(token_ids: readonly (readonly number[])[]): void;
  /** The generation is over, or was stopped through its signal. */
  end(): void;
  /** The generation failed; `end` is not called. */
  fail?(error: unknown): void;
}
