import type { TokenDecoder } from "../types.js";

/** A character has at most four bytes, and a token of a broken one at least one: with more waiting, some are lost. */
const MAX_WAITING_TOKENS = 4;
/** When this many tokens have not come to an end between two characters, the window is cut elsewhere. */
const MAX_WINDOW = 16;

/**
 * Turns tokens into text as they come, each piece of text as soon as no later token can change it: the pieces together are
 * the text of all tokens, and none begins or ends within a character. Decodes a few tokens a turn, not all of them again.
 *
 * Works for decoders whose text only grows, apart from U+FFFD at its end: byte-level BPE (one U+FFFD for a character that
 * is not complete) and SentencePiece with byte fallback (one for each of its bytes). A decoder that changes text which is
 * out already (InternLM2's puts a space before the words that a special token follows, and takes one before a comma away)
 * gets the rest decoded without what came before: nothing is lost or said twice, but that change is not made.
 */
export class TokenTextStream {
  readonly #decode: (ids: readonly number[]) => string;
  /** The last tokens whose text is out, as context (SentencePiece strips the first space), then those that wait. */
  #window: number[] = [];
  /** How many tokens of the window are context. */
  #context = 0;
  /** As much of the window's text as is out. */
  #out = "";

  constructor(decoder: TokenDecoder, options: { skip_special_tokens?: boolean } = {}) {
    this.#decode = (ids) => decoder.decode(ids, options);
  }

  /** The text that has become certain. */
  push(ids: readonly number[]): string {
    const text = this.#decode([...this.#window, ...ids]);
    if (!text.startsWith(this.#out)) return this.flush() + this.push(ids);
    this.#window.push(...ids);
    let certain = text.replace(/\uFFFD+$/, "").length;
    if (certain < text.length && this.#window.length - this.#context > MAX_WAITING_TOKENS) {
      certain = Math.max(certain, text.length - (MAX_WAITING_TOKENS - 1));
    }
    const piece = text.slice(this.#out.length, certain);
    this.#out += piece;
    if (certain === text.length) this.#moveContext(piece);
    else if (this.#window.length > MAX_WINDOW) this.#cutBrokenText(text);
    return piece;
  }

  /** What is left, broken characters included; the stream starts anew afterwards. */
  flush(): string {
    const rest = this.#decode(this.#window).slice(this.#out.length);
    this.reset();
    return rest;
  }

  /** Forgets everything. */
  reset(): void {
    this.#window = [];
    this.#context = 0;
    this.#out = "";
  }

  /** All text is out: what was pushed since the last time this was so becomes the context. */
  #moveContext(piece: string): void {
    if (piece === "" && this.#context > 0) {
      // Tokens without text (special ones that are skipped) are no context.
      this.#window.length = this.#context;
      return;
    }
    this.#window.splice(0, this.#context);
    this.#context = this.#window.length;
    this.#out = this.#decode(this.#window);
  }

  /** The model writes bytes that are no characters: forgets the tokens before a place where the text can be cut. */
  #cutBrokenText(text: string): void {
    for (let cut = this.#window.length - MAX_WAITING_TOKENS; cut > 0; cut--) {
      const left = this.#decode(this.#window.slice(0, cut));
      if (left.length > this.#out.length || left + this.#decode(this.#window.slice(cut)) !== text) continue;
      this.#window.splice(0, cut);
      this.#context = 0;
      this.#out = this.#out.slice(left.length);
      return;
    }
  }
}
