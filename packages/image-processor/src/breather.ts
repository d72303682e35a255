import { throwIfAborted } from "@internvl/core";

/** How long one piece of work may keep everything else waiting: about a frame of a display. */
const MAX_BLOCKED_MS = 16;

/** Lets the event loop turn now and then during a long computation, and stops it when its signal is aborted. */
export class Breather {
  readonly #signal: AbortSignal | undefined;
  #since: number = Date.now();

  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  /** Called every few milliseconds of work. @throws AbortedError */
  async breathe(): Promise<void> {
    throwIfAborted(this.#signal, "Image preprocessing was aborted");
    if (Date.now() - this.#since >= MAX_BLOCKED_MS) await this.turn();
  }

  /** Lets the event loop turn at once: around a step that takes as long as many others. @throws AbortedError */
  async turn(): Promise<void> {
    await nextTurn();
    throwIfAborted(this.#signal, "Image preprocessing was aborted");
    this.#since = Date.now();
  }
}

// A message and not a timer: browsers delay nested timers by 4 ms, and those of a hidden tab by a second.
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
