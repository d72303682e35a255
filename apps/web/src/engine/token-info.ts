import type { TokenEvent } from "internvl";
import type { TokenInfo } from "./protocol.js";
import type { Tokenizer } from "./tokenizer.js";

type TokenAlternative = TokenEvent["top_logprobs"][number];

export function tokenInfo(event: TokenEvent, tokenizer: Tokenizer): TokenInfo {
  const shown = ({ token_id, text, logprob }: TokenAlternative) => ({
    // Special tokens that are left out of answers have a name still.
    text: text || (tokenizer.convert_ids_to_tokens(token_id) ?? ""),
    probability: Math.exp(logprob),
  });
  return { ...shown(event), alternatives: event.top_logprobs.map(shown) };
}
