import { randomBits } from "./random.js";

/** So many ids that every vocabulary has, the same each time. */
export function promptOf(length: number): number[] {
  const bits = randomBits(length);
  return Array.from({ length }, () => bits() % 256);
}
