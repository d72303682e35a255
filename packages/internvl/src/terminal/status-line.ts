/** What this needs of `process.stderr`. */
export interface TextOutput {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

const ERASE_LINE = "\r\x1b[K";
/** Redrawing more often than this costs time and cannot be read, in milliseconds. */
const REDRAW_EVERY = 50;

/** One line of a terminal that is written over and over. Where there is no terminal it writes nothing. */
export class StatusLine {
  readonly #output: TextOutput;
  #shown = false;
  #drawn = 0;

  constructor(output: TextOutput) {
    this.#output = output;
  }

  get isTTY(): boolean {
    return this.#output.isTTY === true;
  }

  show(text: string): void {
    if (!this.isTTY) return;
    const now = performance.now();
    if (this.#shown && now - this.#drawn < REDRAW_EVERY) return;
    this.#drawn = now;
    this.#shown = true;
    // A line that wraps could not be erased.
    this.#output.write(`${ERASE_LINE}${text.slice(0, (this.#output.columns || 80) - 1)}`);
  }

  clear(): void {
    if (!this.#shown) return;
    this.#shown = false;
    this.#output.write(ERASE_LINE);
  }

  /** A line that stays, above the one that moves. */
  print(text: string): void {
    this.clear();
    this.#output.write(`${text}\n`);
  }
}
