import type { ProgressCallback } from "@internvl/core";

/** Often enough for an eye, too seldom to cost anything. */
const SHORTEST_PAUSE = 100;

/** How much of the rate's newest sample is believed: it settles within a second and does not flicker. */
const NEWEST = 0.2;

/** Counts bytes and tells a progress callback of them, with the rate, at most ten times a second and at the end. */
export class ByteMeter {
  readonly #callback: ProgressCallback | undefined;
  readonly #about: { stage: string; name: string; total: number };
  #loaded = 0;
  #fresh = 0;
  #rate: number | undefined;
  #reported = performance.now();
  #silent = true;

  constructor(callback: ProgressCallback | undefined, about: { stage: string; name: string; total: number }) {
    this.#callback = callback;
    this.#about = about;
  }

  /** Counts bytes that arrived now; a negative number when they have to come again. */
  received(bytes: number): void {
    this.#loaded += bytes;
    this.#fresh += bytes;
    this.#report();
  }

  /** Counts bytes that were there already, or came by another process: no part of the rate. */
  found(bytes: number): void {
    this.#loaded += bytes;
    this.#report();
  }

  #report(): void {
    const now = performance.now();
    const seconds = (now - this.#reported) / 1000;
    const atEnd = this.#loaded === this.#about.total;
    if (!this.#silent && !atEnd && seconds * 1000 < SHORTEST_PAUSE) return;
    if (this.#fresh > 0 && seconds > 0) {
      const sample = this.#fresh / seconds;
      this.#rate = this.#rate === undefined ? sample : this.#rate + NEWEST * (sample - this.#rate);
    }
    this.#fresh = 0;
    this.#reported = now;
    this.#silent = false;
    this.#callback?.({ ...this.#about, loaded: this.#loaded, unit: "bytes", rate: this.#rate });
  }
}
