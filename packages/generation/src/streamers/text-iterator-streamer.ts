import type { TokenDecoder } from "../types.js";
import { TextStreamer, type TextStreamerOptions } from "./text-streamer.js";

type Event = { kind: "text"; text: string } | { kind: "end" } | { kind: "error"; error: unknown };

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
  readonly #events: Event[] = [];
  #wake: (() => void) | undefined;
  #running = false;
  /** The reader has left: nothing is kept until the next generation begins. */
  #abandoned = false;

  constructor(tokenizer: TokenDecoder, options: Omit<TextStreamerOptions, "callback_function"> = {}) {
    super(tokenizer, options);
  }

  override put(token_ids: readonly (readonly number[])[]): void {
    this.#begin();
    super.put(token_ids);
  }

  override fail(error: unknown): void {
    super.fail(error);
    this.#finish({ kind: "error", error });
  }

  async next(): Promise<IteratorResult<string, undefined>> {
    while (this.#events.length === 0) {
      if (this.#abandoned) return { done: true, value: undefined };
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const event = this.#events.shift()!;
    if (event.kind === "error") throw event.error;
    return event.kind === "end" ? { done: true, value: undefined } : { done: false, value: event.text };
  }

  /** Called by a `for await` loop that is left early. */
  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#events.length = 0;
    this.#abandoned = true;
    this.#wake?.();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  protected override on_finalized_text(text: string, stream_end: boolean): void {
    if (text !== "") this.#emit({ kind: "text", text });
    if (stream_end) this.#finish({ kind: "end" });
  }

  #begin(): void {
    if (!this.#running) this.#abandoned = false;
    this.#running = true;
  }

  #finish(event: Event): void {
    // A generation that fails at once never called put.
    this.#begin();
    this.#emit(event);
    this.#running = false;
  }

  #emit(event: Event): void {
    if (this.#abandoned) return;
    this.#events.push(event);
    this.#wake?.();
  }
}
