export { generateTokens } from "./generate.js";
export { assertKnownOptions } from "./known-options.js";
export { epsilonCutoff, etaCutoff } from "./logits/cutoffs.js";
export { exponentialDecayLengthPenalty } from "./logits/exponential-decay.js";
export { forcedBosToken, forcedEosToken } from "./logits/forced-tokens.js";
export { minLength } from "./logits/min-length.js";
export { minP } from "./logits/min-p.js";
export { noRepeatNgram } from "./logits/no-repeat-ngram.js";
export { type PrefixAllowedTokensFn, prefixAllowedTokens } from "./logits/prefix-allowed-tokens.js";
export { type ProcessLogitsArguments, processLogits } from "./logits/process-logits.js";
export type { BatchLogitsProcessor, LogitsProcessor, ScoredRow } from "./logits/processor.js";
export { removeInvalidValues } from "./logits/remove-invalid-values.js";
export { renormalizeLogits } from "./logits/renormalize.js";
export { repetitionPenalty } from "./logits/repetition-penalty.js";
export { noBadWords, type SequenceBias, sequenceBias } from "./logits/sequence-bias.js";
export { suppressTokens, suppressTokensAtBegin } from "./logits/suppress-tokens.js";
export { temperature } from "./logits/temperature.js";
export { topH } from "./logits/top-h.js";
export { topK } from "./logits/top-k.js";
export { topP } from "./logits/top-p.js";
export { typicalP } from "./logits/typical-p.js";
export { GENERATION_OPTION_NAMES, type GenerationOptions } from "./options.js";
export { type ResolvedOptions, resolveOptions } from "./resolve-options.js";
export { type Random, randomStreams } from "./sampling/random.js";
export { argmax, Sampler } from "./sampling/select.js";
export { slice_prompt } from "./slice-prompt.js";
export type { FinishReason, StoppingCriteria } from "./stopping/criteria.js";
export { eosToken, maxLength, maxTime } from "./stopping/limits.js";
export { stopStrings } from "./stopping/stop-strings.js";
export type { Streamer } from "./streamers/streamer.js";
export { TextIteratorStreamer } from "./streamers/text-iterator-streamer.js";
export { TextStreamer, type TextStreamerOptions } from "./streamers/text-streamer.js";
export type { TokenDetail, TokenProbability } from "./streamers/token-detail.js";
export {
  type TokenAlternative,
  type TokenEvent,
  TokenIteratorStreamer,
  type TokenIteratorStreamerOptions,
} from "./streamers/token-iterator-streamer.js";
export { TokenTextStream } from "./streamers/token-text-stream.js";
export { compute_transition_scores, type TransitionScoresArguments } from "./transition-scores.js";
export type { GenerateTokensArguments, GenerateTokensResult, StepModel, TokenDecoder } from "./types.js";
export { type GenerationWarning, generationWarnings, type WarningCallback } from "./warnings.js";
export { yieldToEventLoop } from "./yield.js";
