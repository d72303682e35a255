import type { FinishReason } from "../stopping/criteria.js";
import type { TokenDecoder } from "../types.js";
import { EventQueue } from "./event-queue.js";
import type { Streamer } from "./streamer.js";
import type { TokenDetail } from "./token-detail.js";
import { TokenTextStream } from "./token-text-stream.js";

export interface TokenIteratorStreamerOptions {
  /** How many of the likeliest tokens each event names, 0 or more. Default 0. */
  top_logprobs?: number;
  /** Leaves special tokens out of `text`. Default false. */
  skip_special_tokens?: boolean;
}

/** A token that could have stood there. */
export interface TokenAlternative {
  token_id: number;
  /** The token alone; U+FFFD for a part of a character. */
  text: string;
  /** The natural logarithm of the probability that the model gave it, before processors and temperature. */
  logprob: number;
}

/** One new token of one row. */
export interface TokenEvent extends TokenAlternative {
  row: number;
  /** What has become certain of the row's text with this token: never a part of a character, sometimes nothing yet. */
  piece: string;
  /** The likeliest tokens in its place, likeliest first. */
  top_logprobs: TokenAlternative[];
  /** Why the row ended with this token; `piece` is then all that was left. */
  finish_reason?: FinishReason;
}

/**
 * The new tokens of all rows with their probabilities, as an async iterator for one reader.
 *
 * ```ts
 * const streamer = new TokenIteratorStreamer(processor, { top_logprobs: 3 });
 * const generation = model.generate({ ...inputs, streamer });
 * for await (const { row, piece, logprob, top_logprobs } of streamer) show(row, piece, Math.exp(logprob), top_logprobs);
 * await generation;
 * ```
 *
 * Ends, throws and is left as `TextIteratorStreamer` is.
 */
export class TokenIteratorStreamer implements Streamer, AsyncIterableIterator<TokenEvent, undefined> {
  readonly top_logprobs: number;
  readonly #decoder: TokenDecoder;
  readonly #options: { skip_special_tokens: boolean };
  readonly #queue = new EventQueue<TokenEvent>();
  /** One a row; none before the prompts have come. */
  #texts: TokenTextStream[] = [];

  constructor(tokenizer: TokenDecoder, options: TokenIteratorStreamerOptions = {}) {
    this.top_logprobs = options.top_logprobs ?? 0;
    this.#decoder = tokenizer;
    this.#options = { skip_special_tokens: options.skip_special_tokens ?? false };
  }

  put(token_ids: readonly (readonly number[])[], details?: readonly (TokenDetail | undefined)[]): void {
    this.#queue.begin();
    if (details === undefined) {
      this.#texts = token_ids.map(() => new TokenTextStream(this.#decoder, this.#options));
      return;
    }
    for (const [row, detail] of details.entries()) {
      if (detail !== undefined) this.#emit(row, token_ids[row]![0]!, detail);
    }
  }

  end(): void {
    this.#queue.end();
  }

  fail(error: unknown): void {
    this.#queue.fail(error);
  }

  next(): Promise<IteratorResult<TokenEvent, undefined>> {
    return this.#queue.next();
  }

  /** Called by a `for await` loop that is left early. */
  async return(): Promise<IteratorReturnResult<undefined>> {
    return this.#queue.abandon();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #emit(row: number, token_id: number, { logprob, top_logprobs, finish_reason }: TokenDetail): void {
    const text = this.#texts[row]!;
    const piece = text.push([token_id]);
    this.#queue.emit({
      row,
      token_id,
      text: this.#decoder.decode([token_id]),
      logprob,
      piece: finish_reason === undefined ? piece : piece + text.flush(),
      top_logprobs: top_logprobs.map((other) => ({ ...other, text: this.#decoder.decode([other.token_id]) })),
      ...(finish_reason !== undefined && { finish_reason }),
    });
  }
}
