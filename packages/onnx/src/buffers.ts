/**
 * The length of all kept memory. Longer pieces were slower: what was read has left the processor's caches before it is
 * converted and written.
 */
const LONGEST = 1024 * 1024;
/** Shorter pieces are not worth keeping. */
const SHORTEST = 64 * 1024;

/**
 * Memory for pieces on their way from file to file, used again and again: fresh memory would have to be cleared, mapped
 * and collected for every piece, which costs as much as converting it.
 */
export class PieceBuffers {
  readonly #free: Uint8Array[] = [];
  readonly #lent = new Set<ArrayBufferLike>();

  /** Memory of this length, with anything in it. What is too long or too short to be kept is simply new. */
  take(byteLength: number): Uint8Array {
    if (byteLength > LONGEST || byteLength < SHORTEST) return new Uint8Array(byteLength);
    const whole = this.#free.pop() ?? new Uint8Array(LONGEST);
    this.#lent.add(whole.buffer);
    return whole.subarray(0, byteLength);
  }

  /** Whether `piece` was taken here, so that whoever has it may write into it. */
  has(piece: Uint8Array): boolean {
    return this.#lent.has(piece.buffer);
  }

  /** Takes back what was taken, once nobody reads it any more; other memory is ignored. */
  give(piece: Uint8Array): void {
    if (this.#lent.delete(piece.buffer)) this.#free.push(new Uint8Array(piece.buffer));
  }
}
