import type { ResolvedOptions } from "../resolve-options.js";
import { epsilonCutoff, etaCutoff } from "./cutoffs.js";
import { exponentialDecayLengthPenalty } from "./exponential-decay.js";
import { forcedBosToken, forcedEosToken } from "./forced-tokens.js";
import { minLength } from "./min-length.js";
import { minP } from "./min-p.js";
import { noRepeatNgram } from "./no-repeat-ngram.js";
import { prefixAllowedTokens } from "./prefix-allowed-tokens.js";
import type { BatchLogitsProcessor, LogitsProcessor } from "./processor.js";
import { removeInvalidValues } from "./remove-invalid-values.js";
import { renormalizeLogits } from "./renormalize.js";
import { repetitionPenalty } from "./repetition-penalty.js";
import { noBadWords, sequenceBias } from "./sequence-bias.js";
import { suppressTokens, suppressTokensAtBegin } from "./suppress-tokens.js";
import { temperature } from "./temperature.js";
import { topH } from "./top-h.js";
import { topK } from "./top-k.js";
import { topP } from "./top-p.js";
import { typicalP } from "./typical-p.js";

type Processor = LogitsProcessor | BatchLogitsProcessor;

/** What processors must know beside the options. */
export interface ProcessorContext {
  vocab_size: number;
  /** Of the rows: 0 for padding. */
  attention_mask?: readonly (readonly number[])[];
  /** The caller's own, between the others and the warpers. */
  custom?: readonly LogitsProcessor[];
}

/**
 * The processors that the options ask for, in the order of Transformers' `_get_logits_processor`.
 *
 * @throws InternVLError `INPUT_INVALID` for tokens outside of the vocabulary
 */
export function buildLogitsProcessors(options: ResolvedOptions, context: ProcessorContext): Processor[] {
  const { vocab_size, attention_mask, custom = [] } = context;
  const { eos_token_ids, prompt_length } = options;
  const processors: Processor[] = [];
  if (options.sequence_bias.length > 0) processors.push(sequenceBias(options.sequence_bias, vocab_size));
  if (options.repetition_penalty !== 1) processors.push(repetitionPenalty(options.repetition_penalty, attention_mask));
  if (options.no_repeat_ngram_size > 0) processors.push(noRepeatNgram(options.no_repeat_ngram_size));
  if (options.bad_words_ids.length > 0) processors.push(noBadWords(options.bad_words_ids, eos_token_ids, vocab_size));
  if (options.min_length > 0) processors.push(minLength(options.min_length, eos_token_ids));
  if (options.prefix_allowed_tokens_fn !== undefined) {
    processors.push(prefixAllowedTokens(options.prefix_allowed_tokens_fn, options.num_beams));
  }
  if (options.forced_bos_token_id !== undefined) processors.push(forcedBosToken(options.forced_bos_token_id));
  if (options.forced_eos_token_ids.length > 0) {
    processors.push(forcedEosToken(options.max_length, options.forced_eos_token_ids));
  }
  if (options.remove_invalid_values) processors.push(removeInvalidValues());
  if (options.exponential_decay_length_penalty !== undefined) {
    const [start, factor] = options.exponential_decay_length_penalty;
    processors.push(exponentialDecayLengthPenalty(prompt_length + start, factor, eos_token_ids));
  }
  if (options.suppress_tokens.length > 0) processors.push(suppressTokens(options.suppress_tokens));
  if (options.begin_suppress_tokens.length > 0) {
    // A forced beginning-of-sequence token is not what is meant.
    const isForced = prompt_length === 1 && options.forced_bos_token_id !== undefined;
    processors.push(suppressTokensAtBegin(options.begin_suppress_tokens, prompt_length + (isForced ? 1 : 0)));
  }
  processors.push(...custom);
  if (options.do_sample) processors.push(...buildWarpers(options));
  if (options.renormalize_logits) processors.push(renormalizeLogits());
  return processors;
}

function buildWarpers(options: ResolvedOptions): LogitsProcessor[] {
  // Beams need a token to go on with beside every one that ends a row.
  const kept = options.num_beams > 1 ? Math.max(2, options.eos_token_ids.length + 1) : 1;
  const warpers: LogitsProcessor[] = [];
  if (options.temperature !== 1) warpers.push(temperature(options.temperature));
  if (options.top_h !== undefined) warpers.push(topH(options.top_h));
  if (options.top_k > 0) warpers.push(topK(options.top_k, kept));
  if (options.top_p < 1) warpers.push(topP(options.top_p, kept));
  if (options.min_p !== undefined) warpers.push(minP(options.min_p, kept));
  if (options.typical_p < 1) warpers.push(typicalP(options.typical_p, kept));
  if (options.epsilon_cutoff > 0) warpers.push(epsilonCutoff(options.epsilon_cutoff, kept));
  if (options.eta_cutoff > 0) warpers.push(etaCutoff(options.eta_cutoff, kept));
  return warpers;
}
