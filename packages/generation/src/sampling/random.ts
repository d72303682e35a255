/** Draws in [0, 1), 53 bits each. */
export type Random = () => number;

/**
 * One stream of random numbers per row, so that what a row draws does not depend on how many rows stand beside it or when
 * they end: row r has the generator's r-th jump, 2^64 numbers apart.
 *
 * The generator is xoshiro128** 1.1 by D. Blackman and S. Vigna (https://prng.di.unimi.it/xoshiro128starstar.c), its state
 * filled by splitmix32, as its authors advise.
 *
 * @param seed an integer in [0, 2^32)
 */
export function randomStreams(seed: number, rows: number): Random[] {
  const state = seedState(seed);
  return Array.from({ length: rows }, () => {
    const own = state.slice();
    jump(state);
    return () => {
      const high = nextWord(own) >>> 5;
      const low = nextWord(own) >>> 6;
      return (high * 2 ** 26 + low) / 2 ** 53;
    };
  });
}

/** A seed for somebody who asked for none. It need not be secret, only different each time. */
export function randomSeed(): number {
  return Math.floor(Math.random() * 2 ** 32);
}

/** splitmix32: a Weyl sequence through the mixer of C. Wellons' hash-prospector (16 21f0aaad 15 735a2d97 15). */
function seedState(seed: number): Uint32Array {
  const state = new Uint32Array(4);
  let weyl = seed >>> 0;
  for (let i = 0; i < 4; i++) {
    weyl = (weyl + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(weyl ^ (weyl >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    state[i] = mixed ^ (mixed >>> 15);
  }
  return state;
}

/** xoshiro128**: advances `s` and returns 32 bits. */
export function nextWord(s: Uint32Array): number {
  const result = Math.imul(rotateLeft(Math.imul(s[1]!, 5), 7), 9) >>> 0;
  const t = s[1]! << 9;
  s[2]! ^= s[0]!;
  s[3]! ^= s[1]!;
  s[1]! ^= s[2]!;
  s[0]! ^= s[3]!;
  s[2]! ^= t;
  s[3] = rotateLeft(s[3]!, 11);
  return result;
}

const JUMP = [0x8764000b, 0xf542d2d3, 0x6fa035c3, 0x77f2db5b];

/** Advances `s` by 2^64 words. */
export function jump(s: Uint32Array): void {
  const sum = new Uint32Array(4);
  for (const word of JUMP) {
    for (let bit = 0; bit < 32; bit++) {
      if (word & (1 << bit)) for (let i = 0; i < 4; i++) sum[i]! ^= s[i]!;
      nextWord(s);
    }
  }
  s.set(sum);
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
