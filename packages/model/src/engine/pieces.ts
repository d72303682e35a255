/**
 * Attention scores of one layer that may exist at once while a prompt is read: 16 M floats are 64 MB, and a run holds
 * several arrays of them. A prompt is read in pieces that stay below, between which it can be aborted.
 */
const MAX_SCORES = 16 * 2 ** 20;
const MIN_PIECE = 32;
/**
 * Tokens of all rows that are read at once, unless a call says otherwise. A CPU's matrix products are as fast with 128 rows as
 * with more, while attention computes less of what the causal mask hides, and every activation is smaller (README, "Memory").
 * Half of it where the scores of 128 would be more than 12 MB: no slower there, because less of them has to leave the processor.
 */
const FAST_PIECE = 128;
const FAST_SCORES = 3 * 2 ** 20;

/** Where a prompt is divided: how many rows it has, and what a call asks for. */
export interface Division {
  batch: number;
  /** Query heads of a layer. */
  heads: number;
  /** The most tokens of each row at once, where a call says so. */
  prefill_chunk_size?: number | null;
}

/**
 * How many tokens of each row are read at once behind `past` others. It depends on nothing behind them, so that all prompts
 * with the same beginning are divided in the same places.
 */
export function pieceSize({ batch, heads, prefill_chunk_size }: Division, past: number): number {
  const scores = heads * FAST_PIECE * (past + FAST_PIECE);
  const fast = scores > FAST_SCORES ? FAST_PIECE / 2 : FAST_PIECE;
  const wanted = prefill_chunk_size ?? Math.max(MIN_PIECE, Math.floor(fast / batch));
  // The largest with piece * (past + piece) scores of each head.
  const most = Math.floor((Math.sqrt(past ** 2 + (4 * MAX_SCORES) / (batch * heads)) - past) / 2);
  return Math.min(wanted, Math.max(MIN_PIECE, most));
}

/**
 * The columns of a cache that a prompt would be read into in the very same pieces.
 *
 * @param ends where the pieces ended that filled the cache (`KeyValueCache.pieces`)
 * @param common the most that the cache and the prompt have in common
 */
export function readAlike(ends: readonly number[], common: number, division: Division): number {
  let past = 0;
  for (const end of ends) {
    if (end > common || end !== past + pieceSize(division, past)) break;
    past = end;
  }
  return past;
}
