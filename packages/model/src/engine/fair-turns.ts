import { throwIfAborted } from "@internvl/core";
import type { Turns } from "./turns.js";

/** Tokens of a prompt that are read in one turn while other calls write: they wait for so long at most. */
const SHARED_PIECE = 256;

/**
 * Shares the machine between calls that read prompts and calls that write answers, one run at a time.
 *
 * After each piece of a prompt, answers go on for as long as the calls that write are a part of all calls: as long as the piece
 * took where there are as many as calls that read, and never longer. Calls that read take turns, each a piece.
 */
export class FairTurns {
  /** Calls that have read their prompts and write. */
  writers = 0;
  readonly #smallPieces: boolean;
  readonly #pieces: (() => Promise<void>)[] = [];
  #round: (() => Promise<void>) | undefined;
  #readers = 0;
  /** Milliseconds that answers are behind. */
  #owed = 0;
  #busy = false;

  /** @param smallPieces whether prompts may be read in smaller pieces while other calls write */
  constructor(smallPieces: boolean) {
    this.#smallPieces = smallPieces;
  }

  /** Reads a prompt: `body` takes turns for each of its pieces. */
  async reading<Result>(body: (turns: Turns) => Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
    this.#readers++;
    try {
      return await body(this.#turnsOf(signal));
    } finally {
      this.#readers--;
    }
  }

  /** One step of all calls that write. The next may be asked for when this one has run. */
  step(round: () => Promise<void>): void {
    this.#round = round;
    this.wake();
  }

  /** Something has changed about who waits. */
  wake(): void {
    if (!this.#busy) void this.#work();
  }

  #turnsOf(signal: AbortSignal | undefined): Turns {
    const pieceSize = () => (this.#smallPieces && this.writers > 0 ? SHARED_PIECE : Number.POSITIVE_INFINITY);
    return {
      get pieceSize() {
        return pieceSize();
      },
      take: (piece) => this.#take(piece, signal),
    };
  }

  /** @throws AbortedError at once, also while others have their turn */
  #take<Result>(piece: () => Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
    return new Promise((resolve, reject) => {
      const turn = async () => {
        signal?.removeEventListener("abort", giveUp);
        await piece().then(resolve, reject);
      };
      const giveUp = () => {
        this.#pieces.splice(this.#pieces.indexOf(turn), 1);
        try {
          throwIfAborted(signal, "Reading the prompt was aborted");
        } catch (error) {
          reject(error);
        }
      };
      signal?.addEventListener("abort", giveUp, { once: true });
      this.#pieces.push(turn);
      this.wake();
    });
  }

  async #work(): Promise<void> {
    this.#busy = true;
    try {
      for (let run = this.#next(); run !== undefined; run = this.#next()) await run();
    } finally {
      this.#busy = false;
    }
  }

  #next(): (() => Promise<void>) | undefined {
    if (this.writers === 0) this.#owed = 0;
    if (this.#pieces.length > 0 && this.#owed <= 0) {
      const piece = this.#pieces.shift()!;
      const share = Math.min(1, this.writers / this.#readers);
      return async () => {
        this.#owed = share * (await timed(piece));
      };
    }
    const round = this.#round;
    if (round === undefined) return undefined;
    this.#round = undefined;
    return async () => {
      this.#owed -= await timed(round);
    };
  }
}

async function timed(run: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}
