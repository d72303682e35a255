import { topIndices } from "../logits/highest.js";
import { softmax } from "../logits/softmax.js";
import type { FinishReason } from "../stopping/criteria.js";

export interface TokenProbability {
  token_id: number;
  /** The natural logarithm of the token's probability. */
  logprob: number;
}

/** What a streamer may know of a chosen token. */
export interface TokenDetail {
  /** The natural logarithm of the probability that the model gave the token, before processors and temperature. */
  logprob: number;
  /** The likeliest tokens in its place, likeliest first; as many as the streamer's `top_logprobs`. */
  top_logprobs: TokenProbability[];
  /** Why the row ended with this token, where it did. */
  finish_reason?: FinishReason;
}

/** @param logits of one row, as the model gave them */
export function tokenDetail(logits: Float32Array, token: number, alternatives: number): TokenDetail {
  const { logProbability } = softmax(logits);
  return {
    logprob: logProbability(logits[token]!),
    top_logprobs:
      alternatives === 0
        ? []
        : topIndices(logits, alternatives).map((token_id) => ({
            token_id,
            logprob: logProbability(logits[token_id]!),
          })),
  };
}
