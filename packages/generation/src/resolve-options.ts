import { InternVLError } from "@internvl/core";
import type { GenerationOptions } from "./options.js";

/** Options after defaults and checks: no nulls, one length limit, lists as lists. */
export interface ResolvedOptions {
  /** The length at which a row ends, prompt included. */
  max_length: number;
  /** The length below which a row may not end, prompt included. */
  min_length: number;
  do_sample: boolean;
  temperature: number;
  top_k: number;
  top_p: number;
  min_p: number | undefined;
  repetition_penalty: number;
  no_repeat_ngram_size: number;
  eos_token_ids: readonly number[];
  pad_token_id: number | undefined;
  stop_strings: readonly string[];
  max_time: number | undefined;
  seed: number | undefined;
  output_scores: boolean;
  output_logits: boolean;
}

/**
 * Checks options and fills in Transformers' defaults. Sampling options are checked whether or not `do_sample` is set, but
 * for `temperature: 0`, which many callers pass along with `do_sample: false`.
 *
 * @param prompt_length tokens of each prompt, padding included
 * @throws InternVLError `INPUT_INVALID` (a value that cannot be), `UNSUPPORTED` (beams, several sequences)
 */
export function resolveOptions(options: GenerationOptions, prompt_length: number): ResolvedOptions {
  refuseAbove1("num_beams", options.num_beams);
  refuseAbove1("num_return_sequences", options.num_return_sequences);

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
  return {
    ...resolveLengths(options, prompt_length),
    do_sample,
    temperature,
    top_k: integer("top_k", options.top_k, 0) ?? 50,
    top_p: number("top_p", options.top_p, "a number above 0 and at most 1", (x) => x > 0 && x <= 1) ?? 1,
    min_p: number("min_p", options.min_p, "a number from 0 to 1", (x) => x >= 0 && x <= 1),
    repetition_penalty:
      number("repetition_penalty", options.repetition_penalty, "a number above 0", (x) => Math.fround(x) > 0) ?? 1,
    no_repeat_ngram_size: integer("no_repeat_ngram_size", options.no_repeat_ngram_size, 0) ?? 0,
    eos_token_ids: list(options.eos_token_id).map(tokenId),
    pad_token_id: integer("pad_token_id", options.pad_token_id, 0),
    stop_strings: list(options.stop_strings).map(stopString),
    max_time: number("max_time", options.max_time, "seconds, at least 0", (x) => x >= 0),
    seed: number("seed", options.seed, "an integer in [0, 2^32)", (x) => x >>> 0 === x),
    output_scores: boolean("output_scores", options.output_scores),
    output_logits: boolean("output_logits", options.output_logits),
  };
}

function resolveLengths(
  options: GenerationOptions,
  prompt_length: number,
): Pick<ResolvedOptions, "max_length" | "min_length"> {
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

function refuseAbove1(name: string, value: number | null | undefined): void {
  const count = integer(name, value, 1) ?? 1;
  if (count === 1) return;
  throw new InternVLError("UNSUPPORTED", {
    what: `${name} above 1 is not supported yet`,
    expected: "1",
    got: `${count}`,
  });
}

function number(
  name: string,
  value: number | null | undefined,
  expected: string,
  accepts: (value: number) => boolean,
): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number" && Number.isFinite(value) && accepts(value)) return value;
  throw invalid(name, expected, value);
}

function integer(name: string, value: number | null | undefined, least: number): number | undefined {
  return number(name, value, `an integer of at least ${least}`, (x) => Number.isSafeInteger(x) && x >= least);
}

function boolean(name: string, value: boolean | null | undefined): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value === "boolean") return value;
  throw invalid(name, "true or false", value);
}

function list<T extends number | string>(value: T | readonly T[] | null | undefined): readonly T[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value as T];
}

function tokenId(value: number): number {
  const id = integer("eos_token_id", value, 0);
  if (id === undefined) throw invalid("eos_token_id", "integers of at least 0", value);
  return id;
}

function stopString(value: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw invalid("stop_strings", "strings that are not empty", value);
}

function invalid(name: string, expected: string, value: unknown): InternVLError {
  return new InternVLError("INPUT_INVALID", {
    what: `The generation option ${name} has an impossible value`,
    expected,
    got: typeof value === "number" ? String(value) : (JSON.stringify(value) ?? typeof value),
  });
}
