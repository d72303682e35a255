import { throwIfAborted } from "@internvl/core";
import type { StreamOptions } from "./tensor.js";

const DEFAULT_PIECE_BYTES = 4 * 1024 * 1024;
// The widest element: no piece ends within one.
const DEFAULT_UNIT_BYTES = 8;

/**
 * The numbers 0 to `total` in ranges, each read while the consumer works on the one before.
 *
 * @param read the bytes of a range
 * @param rowBytes ranges begin and end at multiples of this. Default 1
 */
export async function* streamRanges(
  total: number,
  read: (start: number, end: number) => Promise<Uint8Array>,
  { signal, pieceBytes = DEFAULT_PIECE_BYTES, unitBytes = DEFAULT_UNIT_BYTES }: StreamOptions = {},
  rowBytes = 1,
): AsyncGenerator<Uint8Array, void, undefined> {
  const unit = leastCommonMultiple(unitBytes, rowBytes);
  const step = Math.max(1, Math.floor(pieceBytes / unit)) * unit;
  const begin = (start: number): Promise<Uint8Array> | undefined => {
    if (start >= total) return undefined;
    const piece = read(start, Math.min(start + step, total));
    // Nobody awaits this piece if the consumer stops early; a failure of it is then nobody's concern.
    piece.catch(() => undefined);
    return piece;
  };
  let next = begin(0);
  for (let start = step; next !== undefined; start += step) {
    const piece = await next;
    throwIfAborted(signal);
    next = begin(start);
    yield piece;
  }
}

function leastCommonMultiple(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y !== 0) [x, y] = [y, x % y];
  return (a / x) * b;
}
