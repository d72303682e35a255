import type { ResolvedOptions } from "../resolve-options.js";
import { minLength } from "./min-length.js";
import { minP } from "./min-p.js";
import { noRepeatNgram } from "./no-repeat-ngram.js";
import type { LogitsProcessor } from "./processor.js";
import { repetitionPenalty } from "./repetition-penalty.js";
import { temperature } from "./temperature.js";
import { topK } from "./top-k.js";
import { topP } from "./top-p.js";

/** The processors that the options ask for, in the order of Transformers' `_get_logits_processor`. */
export function buildLogitsProcessors(
  options: ResolvedOptions,
  attention_mask: readonly (readonly number[])[] | undefined,
  custom: readonly LogitsProcessor[],
): LogitsProcessor[] {
  const processors: LogitsProcessor[] = [];
  if (options.repetition_penalty !== 1) processors.push(repetitionPenalty(options.repetition_penalty, attention_mask));
  if (options.no_repeat_ngram_size > 0) processors.push(noRepeatNgram(options.no_repeat_ngram_size));
  if (options.min_length > 0) processors.push(minLength(options.min_length, options.eos_token_ids));
  processors.push(...custom);
  if (options.do_sample) {
    if (options.temperature !== 1) processors.push(temperature(options.temperature));
    if (options.top_k > 0) processors.push(topK(options.top_k));
    if (options.top_p < 1) processors.push(topP(options.top_p));
    if (options.min_p !== undefined) processors.push(minP(options.min_p));
  }
  return processors;
}
