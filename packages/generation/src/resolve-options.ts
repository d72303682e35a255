import { InternVLError } from "@internvl/core";
import type { PrefixAllowedTokensFn } from "./logits/prefix-allowed-tokens.js";
import type { SequenceBias } from "./logits/sequence-bias.js";
import { assertCompatible } from "./option-conflicts.js";
import { boolean, impossible, integer, list, number, tokenIds, tokenSequences } from "./option-values.js";
import type { GenerationOptions } from "./options.js";

/** Options after defaults and checks: no nulls, one length limit, lists as lists. */
export interface ResolvedOptions {
  /** Tokens of each prompt, padding included. */
  prompt_length: number;
  /** The length at which a row ends, prompt included. */
  max_length: number;
  /** The length below which a row may not end, prompt included. */
  min_length: number;
  do_sample: boolean;
  temperature: number;
  top_h: number | undefined;
  top_k: number;
  top_p: number;
  min_p: number | undefined;
  typical_p: number;
  epsilon_cutoff: number;
  eta_cutoff: number;
  seed: number | undefined;
  repetition_penalty: number;
  no_repeat_ngram_size: number;
  bad_words_ids: readonly (readonly number[])[];
  sequence_bias: readonly SequenceBias[];
  suppress_tokens: readonly number[];
  begin_suppress_tokens: readonly number[];
  forced_bos_token_id: number | undefined;
  forced_eos_token_ids: readonly number[];
  exponential_decay_length_penalty: readonly [start: number, factor: number] | undefined;
  prefix_allowed_tokens_fn: PrefixAllowedTokensFn | undefined;
  remove_invalid_values: boolean;
  renormalize_logits: boolean;
  num_beams: number;
  length_penalty: number;
  early_stopping: boolean | "never";
  num_return_sequences: number;
  prompt_lookup_num_tokens: number | undefined;
  max_matching_ngram_size: number;
  eos_token_ids: readonly number[];
  pad_token_id: number | undefined;
  stop_strings: readonly string[];
  max_time: number | undefined;
  output_scores: boolean;
  output_logits: boolean;
}

/**
 * Checks options and fills in Transformers' defaults. Sampling options are checked whether or not `do_sample` is set, but
 * for `temperature: 0`, which many callers pass along with `do_sample: false`.
 *
 * @param prompt_length tokens of each prompt, padding included
 * @throws InternVLError `INPUT_INVALID` (a value that cannot be, options that exclude each other)
 */
export function resolveOptions(options: GenerationOptions, prompt_length: number): ResolvedOptions {
  const resolved: ResolvedOptions = {
    prompt_length,
    ...resolveLengths(options, prompt_length),
    ...resolveSampling(options),
    ...resolveProcessors(options),
    ...resolveSearch(options),
    eos_token_ids: tokenIds("eos_token_id", options.eos_token_id),
    pad_token_id: integer("pad_token_id", options.pad_token_id, 0),
    stop_strings: list(options.stop_strings).map(stopString),
    max_time: number("max_time", options.max_time, "seconds, at least 0", (x) => x >= 0),
    output_scores: boolean("output_scores", options.output_scores),
    output_logits: boolean("output_logits", options.output_logits),
  };
  assertCompatible(resolved);
  return resolved;
}

function resolveLengths(options: GenerationOptions, prompt_length: number) {
  const max_new_tokens = integer("max_new_tokens", options.max_new_tokens, 1);
  const whole = integer("max_length", options.max_length, 1);
  const min_new_tokens = integer("min_new_tokens", options.min_new_tokens, 0);
  const min_whole = integer("min_length", options.min_length, 0) ?? 0;

  // Transformers' default of 20 for max_length counts new tokens when nobody has set it.
  const max_length = prompt_length + (max_new_tokens ?? (whole === undefined ? 20 : whole - prompt_length));
  if (max_length <= prompt_length) {
    throw new InternVLError("INPUT_INVALID", {
      what: "max_length leaves no room for a new token",
      expected: `more than the ${prompt_length} tokens of the prompt`,
      got: String(max_length),
      fix: "Set max_new_tokens instead, which does not count the prompt.",
    });
  }
  const min_length = min_new_tokens === undefined ? min_whole : prompt_length + min_new_tokens;
  if (min_length > max_length) {
    throw new InternVLError("INPUT_INVALID", {
      what: "A row cannot be as long as it must be",
      expected: `at most ${max_length - prompt_length} new tokens to be asked for`,
      got: String(min_length - prompt_length),
      fix: "Lower min_new_tokens or min_length, or raise max_new_tokens or max_length.",
    });
  }
  return { max_length, min_length };
}

function resolveSampling(options: GenerationOptions) {
  const do_sample = boolean("do_sample", options.do_sample);
  const temperature = number("temperature", options.temperature, "a number of at least 0", (x) => x >= 0) ?? 1;
  if (do_sample && !(Math.fround(temperature) > 0)) {
    throw new InternVLError("INPUT_INVALID", {
      what: "temperature cannot be used for sampling",
      expected: "a number above 0",
      got: String(temperature),
      fix: "For the likeliest token at every step, set do_sample to false.",
    });
  }
  const share = "a number above 0 and at most 1";
  const cutoff = "a number of at least 0 and below 1";
  return {
    do_sample,
    temperature,
    top_h: number("top_h", options.top_h, share, (x) => x > 0 && x <= 1),
    top_k: integer("top_k", options.top_k, 0) ?? 50,
    top_p: number("top_p", options.top_p, "a number from 0 to 1", (x) => x >= 0 && x <= 1) ?? 1,
    min_p: number("min_p", options.min_p, "a number from 0 to 1", (x) => x >= 0 && x <= 1),
    typical_p: number("typical_p", options.typical_p, share, (x) => x > 0 && x <= 1) ?? 1,
    epsilon_cutoff: number("epsilon_cutoff", options.epsilon_cutoff, cutoff, (x) => x >= 0 && x < 1) ?? 0,
    eta_cutoff: number("eta_cutoff", options.eta_cutoff, cutoff, (x) => x >= 0 && x < 1) ?? 0,
    seed: number("seed", options.seed, "an integer in [0, 2^32)", (x) => x >>> 0 === x),
  };
}

function resolveProcessors(options: GenerationOptions) {
  const { prefix_allowed_tokens_fn } = options;
  if (prefix_allowed_tokens_fn != null && typeof prefix_allowed_tokens_fn !== "function") {
    throw impossible("prefix_allowed_tokens_fn", "a function", prefix_allowed_tokens_fn);
  }
  return {
    repetition_penalty:
      number("repetition_penalty", options.repetition_penalty, "a number above 0", (x) => Math.fround(x) > 0) ?? 1,
    no_repeat_ngram_size: integer("no_repeat_ngram_size", options.no_repeat_ngram_size, 0) ?? 0,
    bad_words_ids: tokenSequences("bad_words_ids", options.bad_words_ids),
    sequence_bias: sequenceBiases(options.sequence_bias),
    suppress_tokens: tokenIds("suppress_tokens", options.suppress_tokens),
    begin_suppress_tokens: tokenIds("begin_suppress_tokens", options.begin_suppress_tokens),
    forced_bos_token_id: integer("forced_bos_token_id", options.forced_bos_token_id, 0),
    forced_eos_token_ids: tokenIds("forced_eos_token_id", options.forced_eos_token_id),
    exponential_decay_length_penalty: decay(options.exponential_decay_length_penalty),
    prefix_allowed_tokens_fn: prefix_allowed_tokens_fn ?? undefined,
    remove_invalid_values: boolean("remove_invalid_values", options.remove_invalid_values),
    renormalize_logits: boolean("renormalize_logits", options.renormalize_logits),
  };
}

function resolveSearch(options: GenerationOptions) {
  const { early_stopping } = options;
  return {
    num_beams: integer("num_beams", options.num_beams, 1) ?? 1,
    length_penalty: number("length_penalty", options.length_penalty, "a number", () => true) ?? 1,
    early_stopping: early_stopping === "never" ? ("never" as const) : earlyStopping(early_stopping),
    num_return_sequences: integer("num_return_sequences", options.num_return_sequences, 1) ?? 1,
    prompt_lookup_num_tokens: integer("prompt_lookup_num_tokens", options.prompt_lookup_num_tokens, 1),
    max_matching_ngram_size: integer("max_matching_ngram_size", options.max_matching_ngram_size, 1) ?? 2,
  };
}

function earlyStopping(value: boolean | null | undefined): boolean {
  if (value == null || typeof value === "boolean") return value ?? false;
  throw impossible("early_stopping", 'true, false or "never"', value);
}

function sequenceBiases(value: GenerationOptions["sequence_bias"]): readonly SequenceBias[] {
  if (value === undefined || value === null) return [];
  const expected = "a list of pairs: token ids, at least one, and a number";
  if (!Array.isArray(value)) throw impossible("sequence_bias", expected, value);
  return value.map((pair: unknown): SequenceBias => {
    if (!Array.isArray(pair) || pair.length !== 2 || typeof pair[1] !== "number" || Number.isNaN(pair[1])) {
      throw impossible("sequence_bias", expected, value);
    }
    return [tokenSequences("sequence_bias", [pair[0]])[0]!, pair[1]];
  });
}

function decay(value: GenerationOptions["exponential_decay_length_penalty"]): readonly [number, number] | undefined {
  if (value === undefined || value === null) return undefined;
  const [start, factor] = value;
  if (value.length === 2 && Number.isSafeInteger(start) && start >= 0 && Number.isFinite(factor) && factor > 0) {
    return [start, factor];
  }
  throw impossible("exponential_decay_length_penalty", "[an integer of at least 0, a number above 0]", value);
}

function stopString(value: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw impossible("stop_strings", "strings that are not empty", value);
}
