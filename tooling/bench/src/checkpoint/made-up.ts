// What both made-up tokenizers have in common.

export interface SyntheticTokenizer {
  /** Path -> content of each of the tokenizer's files. */
  files: Record<string, string | Uint8Array>;
  /** Ids, added tokens included. */
  size: number;
  endOfTurn: number;
}

export interface AddedToken {
  content: string;
  id: number;
}

/** `added_tokens_decoder` of tokenizer_config.json. */
export function addedTokensDecoder(
  added: readonly AddedToken[],
  isSpecial: (token: AddedToken) => boolean,
): Record<number, object> {
  const flags = { lstrip: false, normalized: false, rstrip: false, single_word: false };
  const entries = added.map((token) => [token.id, { content: token.content, ...flags, special: isSpecial(token) }]);
  return Object.fromEntries(entries);
}

/** All pairs of letters, then all triples: their texts differ, as those of merges must. */
export function madeUpMerges(count: number, space: string): [string, string][] {
  const letters = [space, ..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"];
  const followedByLetter = (left: string) => letters.map((right): [string, string] => [left, right]);
  const pairs = letters.flatMap(followedByLetter);
  const triples = pairs.flatMap((pair) => followedByLetter(pair.join("")));
  return [...pairs, ...triples].slice(0, count);
}
