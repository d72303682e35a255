import { assertKnownOptions } from "../known-options.js";
import { GENERATION_OPTION_NAMES, type GenerationOptions } from "../options.js";
import { resolveOptions } from "../resolve-options.js";
import { buildLogitsProcessors } from "./build.js";
import { type LogitsProcessor, runProcessors } from "./processor.js";

export interface ProcessLogitsArguments extends GenerationOptions {
  /** `[rows][length]`: padding, prompt, new tokens. */
  input_ids: readonly (readonly number[])[];
  /** `[rows][length]`, 0 for padding. Default: no padding. */
  attention_mask?: readonly (readonly number[])[];
  /** How many of a row's tokens are prompt. Default: all. */
  prompt_length?: number;
  /** float32 `[rows, vocab_size]`, row-major. Not modified. */
  scores: Float32Array;
  vocab_size: number;
  logits_processor?: readonly LogitsProcessor[];
}

const ARGUMENT_NAMES = ["input_ids", "attention_mask", "prompt_length", "scores", "vocab_size", "logits_processor"];

/**
 * What the options make of the logits of one step: the scores that a token is then chosen from. For those who run a loop of
 * their own.
 *
 * @returns float32 `[rows, vocab_size]`
 * @throws InternVLError `INPUT_INVALID`, `UNSUPPORTED`
 */
export function processLogits(args: ProcessLogitsArguments): Float32Array {
  assertKnownOptions(args, [...ARGUMENT_NAMES, ...GENERATION_OPTION_NAMES]);
  const { input_ids, attention_mask, vocab_size, logits_processor: custom } = args;
  const options = resolveOptions(args, args.prompt_length ?? input_ids[0]!.length);
  const scores = args.scores.slice();
  runProcessors(
    buildLogitsProcessors(options, { vocab_size, attention_mask, custom }),
    input_ids.map((ids, row) => ({
      input_ids: ids,
      scores: scores.subarray(row * vocab_size, (row + 1) * vocab_size),
      row,
    })),
  );
  return scores;
}
