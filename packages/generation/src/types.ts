import type { LogitsProcessor } from "./logits/processor.js";
import type { GenerationOptions } from "./options.js";
import type { FinishReason, StoppingCriteria } from "./stopping/criteria.js";
import type { Streamer } from "./streamers/streamer.js";
import type { WarningCallback } from "./warnings.js";

/** What the loop needs of a model. */
export interface StepModel {
  readonly vocab_size: number;
  /**
   * Reads one new token per row and returns the logits of the position after it.
   *
   * @param tokens one id per row; rows that have ended get the pad token
   * @returns `[rows, vocab_size]`, row-major. Only read until the next call, so the array may be reused.
   */
  step(tokens: readonly number[], options: { signal?: AbortSignal }): Promise<Float32Array>;
  /**
   * From now on there are `rows.length` rows, and row `r` goes on from what row `rows[r]` has read. Rows may be left out,
   * change places or be there several times. Only `num_beams` and `num_return_sequences` need it.
   */
  reorder?(rows: readonly number[]): void;
  /**
   * Reads several tokens per row at once and returns the logits after each of them. Only `prompt_lookup_num_tokens` needs
   * it.
   *
   * @param tokens `[rows][count]`
   * @returns `[rows, count, vocab_size]`, row-major. Only read until the next call.
   */
  read?(tokens: readonly (readonly number[])[], options: { signal?: AbortSignal }): Promise<Float32Array>;
  /** Forgets the last `count` tokens that were read, in every row. Only `prompt_lookup_num_tokens` needs it. */
  forget?(count: number): void;
}

/** The part of a tokenizer that turns ids back into text. */
export interface TokenDecoder {
  /** The text of `ids`. Bytes that are no UTF-8 (yet) are U+FFFD. */
  decode(ids: readonly number[], options?: { skip_special_tokens?: boolean }): string;
}

export interface GenerateTokensArguments extends GenerationOptions {
  /** The prompts `[rows][length]`, all of one length: shorter ones are padded on the left. Not modified. */
  input_ids: readonly (readonly number[])[];
  /** 0 for padding, 1 for prompt, as `input_ids`. Default: no padding. Only `repetition_penalty` reads it. */
  attention_mask?: readonly (readonly number[])[];
  /**
   * The logits after the prompt, `[rows, vocab_size]`, or the function that computes them. With a function, options are
   * checked before it runs, `max_time` counts it, and its errors reach the streamer.
   */
  first_logits: Float32Array | ((options: { signal?: AbortSignal }) => Promise<Float32Array>);
  model: StepModel;
  /** Gets the prompt and then every step's tokens. */
  streamer?: Streamer;
  /** Stops the generation between two tokens. */
  signal?: AbortSignal;
  /** Run after the built-in processors and before temperature, top_k, top_p and min_p, as in Transformers. */
  logits_processor?: readonly LogitsProcessor[];
  /** Asked after the built-in ones. */
  stopping_criteria?: readonly StoppingCriteria[];
  /** Needed for `stop_strings` only. */
  decoder?: TokenDecoder;
  /** Hears of options that do nothing as they stand. Default: nobody does. */
  warning_callback?: WarningCallback;
}

export interface GenerateTokensResult {
  /**
   * Prompts and new tokens, `[rows][length]`; rows that ended early are filled with `pad_token_id`. With
   * `num_return_sequences` the answers to one prompt stand one after the other, best first where there are beams.
   */
  sequences: number[][];
  /** Why each row ended. */
  finish_reasons: FinishReason[];
  /** New tokens of each row, its end-of-sequence token included and padding not. */
  generated_tokens: number[];
  /** The seed that repeats this result; only with `do_sample`. */
  seed?: number;
  /**
   * With `num_beams`: each sequence's score, the sum of its tokens' log probabilities over its length to the power of
   * `length_penalty`.
   */
  sequences_scores?: number[];
  /**
   * With `num_beams`: for each new token of each sequence the row of `scores` that it was chosen from; -1 for padding. For
   * `compute_transition_scores`.
   */
  beam_indices?: number[][];
  /** One `[rows, vocab_size]` a step, processed; rows that have ended are as the model gave them. Only on request. */
  scores?: Float32Array[];
  /** One `[rows, vocab_size]` a step, as the model gave it. Only on request. */
  logits?: Float32Array[];
}
