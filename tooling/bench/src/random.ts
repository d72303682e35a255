/**
 * Random bits from a seed: 32 a call, the same on every machine (mulberry32). Good enough for weights and pictures that
 * nobody looks at.
 */
export function randomBits(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return (bits ^ (bits >>> 14)) >>> 0;
  };
}

/** Two numbers from the standard normal distribution (Box and Muller, 1958). */
export function normalPair(bits: () => number): [number, number] {
  const radius = Math.sqrt(-2 * Math.log((bits() + 1) / 2 ** 32));
  const angle = (2 * Math.PI * bits()) / 2 ** 32;
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}
