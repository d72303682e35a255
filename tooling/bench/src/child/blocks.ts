/** Milliseconds between two turns that are asked for; what is beyond them is a block. */
const BETWEEN = 1;

/** Asks for its turn again and again, and remembers the longest that it waited. */
export class BlockWatch {
  #longest: number = 0;
  #last: number = performance.now();
  readonly #timer: NodeJS.Timeout = setInterval(() => this.#turn(), BETWEEN);

  /** The longest wait since the last call, in milliseconds. */
  take(): number {
    this.#turn();
    const longest = this.#longest;
    this.#longest = 0;
    return longest;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #turn(): void {
    const now = performance.now();
    this.#longest = Math.max(this.#longest, now - this.#last - BETWEEN);
    this.#last = now;
  }
}
