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
  /** Divides the logits, above 0. Default 1. Only with `do_sample`, as are the next three. */
  temperature?: number | null;
  /** Keeps the k likeliest tokens, and those that tie with the last of them; 0 keeps all. Default 50. */
  top_k?: number | null;
  /** Keeps the smallest set of likeliest tokens whose probability is at least this, in (0, 1]. Default 1. */
  top_p?: number | null;
  /** Keeps tokens at least this probable, relative to the likeliest, in [0, 1]. Default: off. */
  min_p?: number | null;
  /** Divides positive and multiplies negative logits of tokens that the row already has, above 0. Default 1. */
  repetition_penalty?: number | null;
  /** No run of this many tokens occurs twice in a row; 0 allows all. Default 0. */
  no_repeat_ngram_size?: number | null;
  /** The token or tokens that end a row. Default: none. */
  eos_token_id?: number | readonly number[] | null;
  /** What a row that has ended is filled with while others go on. Default: the first `eos_token_id`. */
  pad_token_id?: number | null;
  /** A row ends as soon as its text contains one of them; they stay in the row. Needs a `decoder`. */
  stop_strings?: string | readonly string[] | null;
  /** Seconds after which all rows end; at least one token is generated. */
  max_time?: number | null;
  /** Seed of the draws, an integer in [0, 2^32). Default: a random one, reported in the result. */
  seed?: number | null;
  /** Keeps the processed logits of every step (4 bytes a token of the vocabulary, a row, a step). Default false. */
  output_scores?: boolean | null;
  /** Keeps the model's own logits of every step, at the same price. Default false. */
  output_logits?: boolean | null;
  /** For the model's `generate`: return the whole result instead of the sequences. `generateTokens` always does. */
  return_dict_in_generate?: boolean | null;
  /** Only 1 today. */
  num_return_sequences?: number | null;
  /** Only 1 today. */
  num_beams?: number | null;
}

const names: Record<keyof GenerationOptions, true> = {
  max_new_tokens: true,
  max_length: true,
  min_new_tokens: true,
  min_length: true,
  do_sample: true,
  temperature: true,
  top_k: true,
  top_p: true,
  min_p: true,
  repetition_penalty: true,
  no_repeat_ngram_size: true,
  eos_token_id: true,
  pad_token_id: true,
  stop_strings: true,
  max_time: true,
  seed: true,
  output_scores: true,
  output_logits: true,
  return_dict_in_generate: true,
  num_return_sequences: true,
  num_beams: true,
};

/** The names of all generation options, for `assertKnownOptions`. */
export const GENERATION_OPTION_NAMES: readonly (keyof GenerationOptions)[] = Object.keys(
  names,
) as (keyof GenerationOptions)[];

/** Options of Transformers' that this package does not have yet. */
export const MISSING_OPTION_NAMES: readonly string[] = [
  "assistant_model",
  "bad_words_ids",
  "begin_suppress_tokens",
  "diversity_penalty",
  "early_stopping",
  "epsilon_cutoff",
  "eta_cutoff",
  "exponential_decay_length_penalty",
  "forced_bos_token_id",
  "forced_eos_token_id",
  "guidance_scale",
  "length_penalty",
  "num_beam_groups",
  "prefix_allowed_tokens_fn",
  "prompt_lookup_num_tokens",
  "remove_invalid_values",
  "renormalize_logits",
  "sequence_bias",
  "suppress_tokens",
  "top_h",
  "typical_p",
  "watermarking_config",
];
