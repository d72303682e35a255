import type { Tokenizer } from "./tokenizer.js";

/** Special tokens that are part of an answer: what an object is called, and where it is. */
const MARKUP = ["<ref>", "</ref>", "<box>", "</box>", "<quad>", "</quad>"];

/** A decoder that leaves out special tokens, but not those of boxes. */
export function answerDecoder(tokenizer: Tokenizer): { decode(ids: readonly number[]): string } {
  const shown = new Set(MARKUP.map((token) => tokenizer.convert_tokens_to_ids(token)));
  const hidden = new Set(tokenizer.all_special_ids.filter((id) => !shown.has(id)));
  return { decode: (ids) => tokenizer.decode(ids.filter((id) => !hidden.has(id))) };
}
