import type { YuvFrame } from "@internvl/core";
import { type CodecFrame, readPlanes } from "./planes.js";

/** Frames that wait for their reader at most. A frame of 4K takes 12 MB. */
const MOST_READY = 2;

/**
 * Between the decoder, which calls, and the reader, who asks. Frames that nobody wants are closed at once, the others as
 * soon as they are copied: decoders stop when too many are open.
 */
export class FrameQueue {
  readonly #wanted: ReadonlySet<number>;
  readonly #remedy: string;
  readonly #ready: Promise<YuvFrame>[] = [];
  #waiting: (() => void)[] = [];
  #failure: { error: unknown } | undefined;
  #ended = false;
  #stopped = false;
  /** Frames that came. */
  received = 0;

  /** @param wanted places of frames among all that come */
  constructor(wanted: readonly number[], remedy: string) {
    this.#wanted = new Set(wanted);
    this.#remedy = remedy;
  }

  /** Whether nothing that comes is read any more. */
  get isOver(): boolean {
    return this.#stopped || this.#failure !== undefined;
  }

  take(frame: CodecFrame, place: number): void {
    this.received++;
    if (this.isOver || !this.#wanted.has(place)) {
      frame.close();
      return;
    }
    const planes = readPlanes(frame, this.#remedy).finally(() => frame.close());
    planes.catch(() => {});
    this.#ready.push(planes);
    this.#wake();
  }

  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wake();
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  stop(): void {
    this.#stopped = true;
    this.#wake();
  }

  /** Waits for a reader that is slow. */
  async room(): Promise<void> {
    while (this.#ready.length > MOST_READY && !this.isOver) await this.#change();
  }

  async *read(): AsyncGenerator<YuvFrame> {
    for (;;) {
      const next = this.#ready.shift();
      if (next !== undefined) {
        this.#wake();
        yield await next;
      } else if (this.#failure !== undefined) throw this.#failure.error;
      else if (this.#ended) return;
      else await this.#change();
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const go of waiting) go();
  }
}
