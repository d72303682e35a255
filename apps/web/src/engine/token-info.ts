import type { TokenEvent } from "internvl";
import type { TokenInfo } from "./protocol.js";

export function tokenInfo({ text, logprob, top_logprobs }: TokenEvent): TokenInfo {
  return {
    text,
    probability: Math.exp(logprob),
    alternatives: top_logprobs.map((other) => ({ text: other.text, probability: Math.exp(other.logprob) })),
  };
}
