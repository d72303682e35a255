import { throwIfAborted } from "@internvl/core";
import type { StreamOptions } from "./tensor.js";

/** Longer pieces were slower: they leave the processor's caches between being read, converted and written. */
const DEFAULT_PIECE_BYTES = 1024 * 1024;
/** Pieces that are read ahead of the one that is worked on: the disk has the next read before it is done with one. */
const AHEAD = 2;
/** What a stream that nobody reads on from has in memory: two pieces under way, and the one that it gave. */
export const READ_AHEAD_BYTES: number = (AHEAD + 1) * DEFAULT_PIECE_BYTES;
// The widest element: no piece ends within one.
const DEFAULT_UNIT_BYTES = 8;

/**
 * The numbers 0 to `total` in ranges, read while the consumer works on those before.
 *
 * @param read the bytes of a range
 * @param rowBytes ranges begin and end at multiples of this. Default 1
 */
export async function* streamRanges(
  total: number,
  read: (start: number, end: number, into: Uint8Array | undefined) => Promise<Uint8Array>,
  { signal, pieceBytes = DEFAULT_PIECE_BYTES, unitBytes = DEFAULT_UNIT_BYTES, buffers }: StreamOptions = {},
  rowBytes = 1,
): AsyncGenerator<Uint8Array, void, undefined> {
  const unit = leastCommonMultiple(unitBytes, rowBytes);
  const step = Math.max(1, Math.floor(pieceBytes / unit)) * unit;
  const readPiece = async (from: number, to: number): Promise<Uint8Array> => {
    const into = buffers?.take(to - from);
    const piece = await read(from, to, into);
    if (into !== undefined && piece !== into) buffers?.give(into);
    return piece;
  };
  const reading: Promise<Uint8Array>[] = [];
  let start = 0;
  const readAhead = (count: number) => {
    for (; reading.length < count && start < total; start += step) {
      const piece = readPiece(start, Math.min(start + step, total));
      // Nobody awaits this piece if the consumer stops early; a failure of it is then nobody's concern.
      piece.catch(() => undefined);
      reading.push(piece);
    }
  };
  for (;;) {
    readAhead(AHEAD);
    const piece = await reading.shift();
    if (piece === undefined) return;
    throwIfAborted(signal);
    readAhead(AHEAD);
    yield piece;
  }
}

function leastCommonMultiple(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y !== 0) [x, y] = [y, x % y];
  return (a / x) * b;
}
