import type { LongCallOptions } from "@internvl/core";

/** How calls that share a model take turns. */
export interface Turns {
  /** The most tokens of a prompt to read in one turn, as things stand. */
  readonly pieceSize: number;
  /** Runs one piece of a call's work when it is its turn. */
  take<Result>(piece: () => Promise<Result>): Promise<Result>;
}

/** For long calls whose runs wait for their turns. */
export interface TurnOptions extends LongCallOptions {
  /** Default: at once. */
  turns?: Turns;
}

/** For work that waits for nobody. */
export const AT_ONCE: Turns = { pieceSize: Number.POSITIVE_INFINITY, take: (piece) => piece() };
