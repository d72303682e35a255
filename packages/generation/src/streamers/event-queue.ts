type Event<T> = { kind: "item"; item: T } | { kind: "end" } | { kind: "error"; error: unknown };

/**
 * Hands what one generation after another emits to one reader. A reader who leaves early discards the rest of that
 * generation.
 */
export class EventQueue<T> {
  readonly #events: Event<T>[] = [];
  #wake: (() => void) | undefined;
  #running = false;
  /** The reader has left: nothing is kept until the next generation begins. */
  #abandoned = false;

  /** A generation emits for the first time, or again. */
  begin(): void {
    if (!this.#running) this.#abandoned = false;
    this.#running = true;
  }

  emit(item: T): void {
    this.#push({ kind: "item", item });
  }

  end(): void {
    this.#finish({ kind: "end" });
  }

  fail(error: unknown): void {
    this.#finish({ kind: "error", error });
  }

  async next(): Promise<IteratorResult<T, undefined>> {
    while (this.#events.length === 0) {
      if (this.#abandoned) return { done: true, value: undefined };
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const event = this.#events.shift()!;
    if (event.kind === "error") throw event.error;
    return event.kind === "end" ? { done: true, value: undefined } : { done: false, value: event.item };
  }

  /** The reader leaves. */
  abandon(): IteratorReturnResult<undefined> {
    this.#events.length = 0;
    this.#abandoned = true;
    this.#wake?.();
    return { done: true, value: undefined };
  }

  #finish(event: Event<T>): void {
    // A generation that fails at once never began.
    this.begin();
    this.#push(event);
    this.#running = false;
  }

  #push(event: Event<T>): void {
    if (this.#abandoned) return;
    this.#events.push(event);
    this.#wake?.();
  }
}
