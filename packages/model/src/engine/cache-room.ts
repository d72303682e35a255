import type { StoreRoom } from "./cache-store.js";

/** Never none, because WebGPU binds no empty tensors. The column is hidden, and gone with the first tokens. */
export const LEAST_CAPACITY = 1;
/** Room is a multiple of this many tokens: small enough to waste little, large enough to copy rarely. */
const GROWTH_STEP = 64;
/** The least room to leave at once where more tokens may follow; behind a long prompt it is a quarter of that. */
const LEAST_SPARE = 128;

/** The capacity for `needed` tokens that `spare` may follow. */
export function roomFor(needed: number, spare: number): number {
  if (spare === 0) return needed;
  const left = Math.min(spare, Math.max(LEAST_SPARE, needed >> 2));
  return Math.ceil((needed + left) / GROWTH_STEP) * GROWTH_STEP;
}

/** Room for so many columns, and memory for no more. */
export function exactly(capacity: number): StoreRoom {
  return { capacity, reserved: capacity };
}
