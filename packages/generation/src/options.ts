import type { PrefixAllowedTokensFn } from "./logits/prefix-allowed-tokens.js";
import type { SequenceBias } from "./logits/sequence-bias.js";

/**
 * What steers a generation: Transformers' `GenerationConfig`, by its names, meanings and defaults. `null` means the same
 * as leaving an option out, so that the contents of a `generation_config.json` can be spread in.
 */
export interface GenerationOptions {
  /** The most tokens to generate, at least 1. Wins over `max_length`. With neither, 20. */
  max_new_tokens?: number | null;
  /** The longest a row may become, prompt and its padding included; more than the prompt has. */
  max_length?: number | null;
  /** No end-of-sequence token before this many new tokens. Wins over `min_length`. */
  min_new_tokens?: number | null;
  /** No end-of-sequence token before a row has this length, prompt and its padding included. Default 0. */
  min_length?: number | null;

  /** Draws from the distribution instead of taking the likeliest token. Default false. */
  do_sample?: boolean | null;
  /** Divides the logits, above 0. Default 1. Only with `do_sample`, as are all down to `eta_cutoff`. */
  temperature?: number | null;
  /** Keeps the likeliest tokens that have this share of the entropy, in (0, 1]. Default: off. */
  top_h?: number | null;
  /** Keeps the k likeliest tokens, and those that tie with the last of them; 0 keeps all. Default 50. */
  top_k?: number | null;
  /** Keeps the smallest set of likeliest tokens whose probability is at least this, in (0, 1]. Default 1. */
  top_p?: number | null;
  /** Keeps tokens at least this probable, relative to the likeliest, in [0, 1]. Default: off. */
  min_p?: number | null;
  /** Keeps the most typical tokens that have this probability together, in (0, 1]. Default 1. */
  typical_p?: number | null;
  /** Keeps tokens at least this probable, in [0, 1). Default 0. */
  epsilon_cutoff?: number | null;
  /** The same, but less strict where many tokens are possible, in [0, 1). Default 0. */
  eta_cutoff?: number | null;
  /** Seed of the draws, an integer in [0, 2^32). Default: a random one, reported in the result. */
  seed?: number | null;

  /** Divides positive and multiplies negative logits of tokens that the row already has, above 0. Default 1. */
  repetition_penalty?: number | null;
  /** No run of this many tokens occurs twice in a row; 0 allows all. Default 0. */
  no_repeat_ngram_size?: number | null;
  /** Sequences of tokens that must not come up. An end token alone does not count. */
  bad_words_ids?: readonly (readonly number[])[] | null;
  /** Sequences of tokens, and what is added to the logit of the last of each once the others stand there. */
  sequence_bias?: readonly SequenceBias[] | null;
  /** Tokens that are ruled out. */
  suppress_tokens?: readonly number[] | null;
  /** Tokens that are ruled out as the first new one. */
  begin_suppress_tokens?: readonly number[] | null;
  /** The token that follows a prompt of one token. */
  forced_bos_token_id?: number | null;
  /** The token or tokens one of which is the last that the maximum length leaves room for. */
  forced_eos_token_id?: number | readonly number[] | null;
  /** `[start, factor]`: after `start` new tokens the end becomes likelier by `factor` to the power of those since. */
  exponential_decay_length_penalty?: readonly [start: number, factor: number] | null;
  /** Which tokens may follow a row. */
  prefix_allowed_tokens_fn?: PrefixAllowedTokensFn | null;
  /** NaN in the logits counts as 0, infinite ones as the largest numbers, instead of being an error. Default false. */
  remove_invalid_values?: boolean | null;
  /** Scores become the logarithms of probabilities again after all processors. Default false. */
  renormalize_logits?: boolean | null;

  /** Sequences that are followed at once, of which the best one is the answer. Default 1. */
  num_beams?: number | null;
  /** A finished sequence's score is divided by its length to this power; above 0 prefers long ones. Default 1. */
  length_penalty?: number | null;
  /**
   * When a beam search ends: `true` once there are `num_beams` finished sequences, `false` (the default) when a better one
   * is unlikely, `"never"` when a better one is impossible.
   */
  early_stopping?: boolean | "never" | null;
  /** Answers to each prompt; without `do_sample` at most `num_beams`. Default 1. */
  num_return_sequences?: number | null;
  /**
   * Looks the last tokens up in what the row has already, and reads this many of those that followed there at once: the
   * same answer, sooner where it quotes the prompt. One prompt only. Default: off.
   */
  prompt_lookup_num_tokens?: number | null;
  /** The longest run of last tokens that is looked up. Default 2. */
  max_matching_ngram_size?: number | null;

  /** The token or tokens that end a row. Default: none. */
  eos_token_id?: number | readonly number[] | null;
  /** What a row that has ended is filled with while others go on. Default: the first `eos_token_id`. */
  pad_token_id?: number | null;
  /** A row ends as soon as its text contains one of them; they stay in the row. Needs a `decoder`. */
  stop_strings?: string | readonly string[] | null;
  /** Seconds after which all rows end; at least one token is generated. */
  max_time?: number | null;

  /** Keeps the processed logits of every step (4 bytes a token of the vocabulary, a row, a step). Default false. */
  output_scores?: boolean | null;
  /** Keeps the model's own logits of every step, at the same price. Default false. */
  output_logits?: boolean | null;
  /** For the model's `generate`: return the whole result instead of the sequences. `generateTokens` always does. */
  return_dict_in_generate?: boolean | null;
}

const names: Record<keyof GenerationOptions, true> = {
  max_new_tokens: true,
  max_length: true,
  min_new_tokens: true,
  min_length: true,
  do_sample: true,
  temperature: true,
  top_h: true,
  top_k: true,
  top_p: true,
  min_p: true,
  typical_p: true,
  epsilon_cutoff: true,
  eta_cutoff: true,
  seed: true,
  repetition_penalty: true,
  no_repeat_ngram_size: true,
  bad_words_ids: true,
  sequence_bias: true,
  suppress_tokens: true,
  begin_suppress_tokens: true,
  forced_bos_token_id: true,
  forced_eos_token_id: true,
  exponential_decay_length_penalty: true,
  prefix_allowed_tokens_fn: true,
  remove_invalid_values: true,
  renormalize_logits: true,
  num_beams: true,
  length_penalty: true,
  early_stopping: true,
  num_return_sequences: true,
  prompt_lookup_num_tokens: true,
  max_matching_ngram_size: true,
  eos_token_id: true,
  pad_token_id: true,
  stop_strings: true,
  max_time: true,
  output_scores: true,
  output_logits: true,
  return_dict_in_generate: true,
};

/** The names of all generation options, for `assertKnownOptions`. */
export const GENERATION_OPTION_NAMES: readonly (keyof GenerationOptions)[] = Object.keys(
  names,
) as (keyof GenerationOptions)[];
