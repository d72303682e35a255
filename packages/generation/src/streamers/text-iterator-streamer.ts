import type { TokenDecoder } from "../types.js";
import { EventQueue } from "./event-queue.js";
import { TextStreamer, type TextStreamerOptions } from "./text-streamer.js";

/**
 * The text of one row as an async iterator for one reader.
 *
 * ```ts
 * const streamer = new TextIteratorStreamer(processor, { skip_prompt: true, skip_special_tokens: true });
 * const generation = model.generate({ ...inputs, streamer });
 * for await (const text of streamer) process.stdout.write(text);
 * const output_ids = await generation;
 * ```
 *
 * The loop ends with the generation, and throws what the generation throws; after an abort it just ends. Leaving it early
 * discards the rest of the text and lets the generation go on: abort its signal to stop that too.
 */
export class TextIteratorStreamer extends TextStreamer implements AsyncIterableIterator<string, undefined> {
  readonly #queue = new EventQueue<string>();

  constructor(tokenizer: TokenDecoder, options: Omit<TextStreamerOptions, "callback_function"> = {}) {
    super(tokenizer, options);
  }

  override put(token_ids: readonly (readonly number[])[]): void {
    this.#queue.begin();
    super.put(token_ids);
  }

  override fail(error: unknown): void {
    super.fail(error);
    this.#queue.fail(error);
  }

  next(): Promise<IteratorResult<string, undefined>> {
    return this.#queue.next();
  }

  /** Called by a `for await` loop that is left early. */
  async return(): Promise<IteratorReturnResult<undefined>> {
    return this.#queue.abandon();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  protected override on_finalized_text(text: string, stream_end: boolean): void {
    if (text !== "") this.#queue.emit(text);
    if (stream_end) this.#queue.end();
  }
}
