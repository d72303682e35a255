import { InternVLError } from "@internvl/core";
import type { TokenDecoder } from "../types.js";
import type { Streamer } from "./streamer.js";
import { TokenTextStream } from "./token-text-stream.js";

export interface TextStreamerOptions {
  /** Leaves the prompt out. Default false. */
  skip_prompt?: boolean;
  /** Leaves special tokens out of the text. Default false. */
  skip_special_tokens?: boolean;
  /** Gets each piece of text, and once at the end what is left (perhaps nothing) with `stream_end` true. */
  callback_function?: (text: string, stream_end: boolean) => void;
}

/**
 * Hands out the text of one row while it is generated, each character as soon as it is certain (Transformers' streamer of
 * this name waits for whole words). Can be used for one generation after another.
 *
 * ```ts
 * const streamer = new TextStreamer(processor, { skip_prompt: true, callback_function: (text) => process.stdout.write(text) });
 * await model.generate({ ...inputs, streamer });
 * ```
 */
export class TextStreamer implements Streamer {
  readonly #text: TokenTextStream;
  readonly #skip_prompt: boolean;
  readonly #callback: TextStreamerOptions["callback_function"];
  #next_tokens_are_prompt = true;

  constructor(tokenizer: TokenDecoder, options: TextStreamerOptions = {}) {
    const { skip_prompt = false, skip_special_tokens = false, callback_function } = options;
    this.#text = new TokenTextStream(tokenizer, { skip_special_tokens });
    this.#skip_prompt = skip_prompt;
    this.#callback = callback_function;
  }

  /** @throws InternVLError `INPUT_INVALID` for more than one row */
  put(token_ids: readonly (readonly number[])[]): void {
    if (token_ids.length !== 1) {
      throw new InternVLError("INPUT_INVALID", {
        what: "A text streamer cannot stream several prompts at once",
        expected: "a batch of 1",
        got: String(token_ids.length),
        fix: "Generate one prompt at a time, or write a Streamer that tells the rows apart.",
      });
    }
    const skipped = this.#next_tokens_are_prompt && this.#skip_prompt;
    this.#next_tokens_are_prompt = false;
    if (skipped) return;
    const text = this.#text.push(token_ids[0]!);
    if (text !== "") this.on_finalized_text(text, false);
  }

  end(): void {
    this.#next_tokens_are_prompt = true;
    this.on_finalized_text(this.#text.flush(), true);
  }

  /** Forgets what is not out yet. */
  fail(_error: unknown): void {
    this.#next_tokens_are_prompt = true;
    this.#text.reset();
  }

  /** Where the text goes; for subclasses. */
  protected on_finalized_text(text: string, stream_end: boolean): void {
    this.#callback?.(text, stream_end);
  }
}
