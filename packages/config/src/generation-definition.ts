import type { Definition } from "./base/definition.js";
import {
  anyListOf,
  either,
  flag,
  integer,
  listOf,
  nullable,
  oneOf,
  type Rule,
  real,
  text,
  tokenId,
} from "./base/rules.js";
import * as limits from "./limits.js";

/** One or several ids. */
export type TokenIds = number | number[];

/** What of Transformers' `GenerationConfig` `generate` knows. */
export interface GenerationConfigFields {
  /** Tokens of prompt and answer together; `max_new_tokens` wins where both are given. */
  max_length: number;
  max_new_tokens: number | null;
  min_length: number;
  min_new_tokens: number | null;
  /** `true`: stop when there are `num_beams` finished ones; `"never"`: when no better one is possible. */
  early_stopping: boolean | "never";
  /** Seconds. */
  max_time: number | null;
  stop_strings: string | string[] | null;
  do_sample: boolean;
  num_beams: number;
  use_cache: boolean;
  temperature: number;
  /** 0: off. */
  top_k: number;
  /** 1: off. */
  top_p: number;
  min_p: number | null;
  /** 1: off. */
  typical_p: number;
  top_h: number | null;
  /** 0: off. */
  epsilon_cutoff: number;
  /** 0: off. */
  eta_cutoff: number;
  /** 1: off. */
  repetition_penalty: number;
  /** A beam's score is divided by its length to this power. */
  length_penalty: number;
  /** 0: off. */
  no_repeat_ngram_size: number;
  bad_words_ids: number[][] | null;
  /** Pairs of a sequence and what is added to the logit of its last token, as JSON has it. */
  sequence_bias: [number[], number][] | null;
  suppress_tokens: number[] | null;
  begin_suppress_tokens: number[] | null;
  forced_bos_token_id: number | null;
  forced_eos_token_id: TokenIds | null;
  /** After so many new tokens, the end becomes likelier by this factor with each. */
  exponential_decay_length_penalty: [start: number, factor: number] | null;
  remove_invalid_values: boolean;
  renormalize_logits: boolean;
  /** Tokens that are guessed at once from what the row has already. */
  prompt_lookup_num_tokens: number | null;
  /** The longest run of tokens that guesses are looked up by; `generate` takes 2. */
  max_matching_ngram_size: number | null;
  /** The most tokens of a prompt that are read at once. */
  prefill_chunk_size: number | null;
  num_return_sequences: number;
  output_scores: boolean;
  output_logits: boolean;
  return_dict_in_generate: boolean;
  bos_token_id: number | null;
  eos_token_id: TokenIds | null;
  pad_token_id: number | null;
}

const COUNT = { ...limits.POSITIONS };
const AT_LEAST_NONE = { ...limits.POSITIONS, min: 0 };
const BEAMS = { min: 1, max: 1000, because: "each has a cache of its own" };

export const GENERATION_DEFINITION: Definition<GenerationConfigFields> = {
  name: "GenerationConfig",
  fields: {
    max_length: integer(20, COUNT),
    max_new_tokens: nullable(integer(20, COUNT)),
    min_length: integer(0, AT_LEAST_NONE),
    min_new_tokens: nullable(integer(0, AT_LEAST_NONE)),
    early_stopping: either<boolean, "never">(flag(false), oneOf("never")),
    max_time: nullable(real(1, limits.POSITIVE)),
    stop_strings: nullable(either<string, string[]>(nonEmptyText(), listOf(nonEmptyText()))),
    do_sample: flag(false),
    num_beams: integer(1, BEAMS),
    use_cache: flag(true),
    temperature: real(1, limits.POSITIVE),
    top_k: integer(50, { min: 0 }),
    top_p: real(1, { min: 0, max: 1 }),
    min_p: nullable(real(0, { min: 0, max: 1 })),
    typical_p: real(1, { ...limits.POSITIVE, max: 1 }),
    top_h: nullable(real(1, { ...limits.POSITIVE, max: 1 })),
    epsilon_cutoff: real(0, { min: 0, max: 1 }),
    eta_cutoff: real(0, { min: 0, max: 1 }),
    repetition_penalty: real(1, limits.POSITIVE),
    length_penalty: real(1),
    no_repeat_ngram_size: integer(0, AT_LEAST_NONE),
    bad_words_ids: nullable(listOf(listOf(tokenId(0)))),
    sequence_bias: nullable(listOf(biasedSequence())),
    suppress_tokens: nullable(anyListOf(tokenId(0))),
    begin_suppress_tokens: nullable(anyListOf(tokenId(0))),
    forced_bos_token_id: nullable(tokenId(0)),
    forced_eos_token_id: nullable(tokenIds()),
    exponential_decay_length_penalty: nullable(decay()),
    remove_invalid_values: flag(false),
    renormalize_logits: flag(false),
    prompt_lookup_num_tokens: nullable(integer(10, COUNT)),
    max_matching_ngram_size: nullable(integer(2, COUNT)),
    prefill_chunk_size: nullable(integer(1024, COUNT)),
    num_return_sequences: integer(1, BEAMS),
    output_scores: flag(false),
    output_logits: flag(false),
    return_dict_in_generate: flag(false),
    bos_token_id: nullable(tokenId(0)),
    eos_token_id: nullable(tokenIds()),
    pad_token_id: nullable(tokenId(0)),
  },
  constraints: [
    {
      fields: ["min_new_tokens", "max_new_tokens"],
      holds: ({ min_new_tokens: min, max_new_tokens: max }) => min === null || max === null || min <= max,
      expected: ({ max_new_tokens }) => `at most max_new_tokens (${max_new_tokens})`,
    },
    {
      fields: ["num_return_sequences", "num_beams", "do_sample"],
      holds: ({ num_return_sequences, num_beams, do_sample }) => do_sample || num_return_sequences <= num_beams,
      expected: ({ num_beams }) => `at most num_beams (${num_beams}) without do_sample (the answers would be the same)`,
    },
  ],
};

function tokenIds(): Rule<TokenIds> {
  return either<number, number[]>(tokenId(0), listOf(tokenId(0)));
}

function nonEmptyText(): Rule<string> {
  return {
    ...text(""),
    expected: "a string, not empty",
    accepts: (value) => typeof value === "string" && value !== "",
  };
}

function biasedSequence(): Rule<[number[], number]> {
  const ids = listOf(tokenId(0));
  return {
    default: [[], 0],
    expected: "a pair of a list of token ids and a finite number",
    accepts: (value) =>
      Array.isArray(value) && value.length === 2 && ids.accepts(value[0]) && Number.isFinite(value[1]),
  };
}

function decay(): Rule<[start: number, factor: number]> {
  return {
    default: [0, 1],
    expected: "a pair of an integer of at least 0 and a number above 0",
    accepts: (value) =>
      Array.isArray(value) &&
      value.length === 2 &&
      Number.isSafeInteger(value[0]) &&
      value[0] >= 0 &&
      Number.isFinite(value[1]) &&
      value[1] > 0,
  };
}
