import { PRECISION_BITS } from "./coefficients.js";
import type { Passes } from "./passes.js";

// Pillow's clip8: sums start at one half, lose their fraction by a shift, and are clamped to 0..255. The clamping is
// what storing into a Uint8ClampedArray does, in one machine instruction.
//
// `(sum + byte * weight) | 0` compiles to an integer multiplication: the product of 8 and 24 bits is exact in a double,
// so the engine may drop to 32 bits. Measured against Math.imul, doubles and packed pixels: none was faster.
const HALF = 1 << (PRECISION_BITS - 1);

/** Two rows at a time, so that a weight that was loaded serves six sums. */
const horizontalRows: Passes["horizontalRows"] = (
  source,
  sourceWidth,
  target,
  firstRow,
  from,
  to,
  { first, count, weights, taps },
) => {
  const width = first.length;
  const sourceStride = sourceWidth * 3;
  const targetStride = width * 3;
  for (let row = from; row < to; row += 2) {
    // The odd last row is its own partner: it is computed twice and written twice.
    const step = row + 1 < to ? 1 : 0;
    const nextSource = step * sourceStride;
    const nextTarget = step * targetStride;
    const rowStart = row * sourceStride;
    let out = (row - firstRow) * targetStride;
    for (let x = 0; x < width; x++, out += 3) {
      let a = rowStart + first[x]! * 3;
      let b = a + nextSource;
      let tap = x * taps;
      const end = tap + count[x]!;
      let redA = HALF;
      let greenA = HALF;
      let blueA = HALF;
      let redB = HALF;
      let greenB = HALF;
      let blueB = HALF;
      for (; tap < end; tap++, a += 3, b += 3) {
        const weight = weights[tap]!;
        redA = (redA + source[a]! * weight) | 0;
        greenA = (greenA + source[a + 1]! * weight) | 0;
        blueA = (blueA + source[a + 2]! * weight) | 0;
        redB = (redB + source[b]! * weight) | 0;
        greenB = (greenB + source[b + 1]! * weight) | 0;
        blueB = (blueB + source[b + 2]! * weight) | 0;
      }
      target[out] = redA >> PRECISION_BITS;
      target[out + 1] = greenA >> PRECISION_BITS;
      target[out + 2] = blueA >> PRECISION_BITS;
      target[out + nextTarget] = redB >> PRECISION_BITS;
      target[out + nextTarget + 1] = greenB >> PRECISION_BITS;
      target[out + nextTarget + 2] = blueB >> PRECISION_BITS;
    }
  }
};

/** Every byte of a row has the same weights, so that channels do not matter: six bytes share each weight. */
const verticalRows: Passes["verticalRows"] = (
  source,
  firstRow,
  stride,
  target,
  from,
  to,
  { first, count, weights, taps },
) => {
  const wide = stride - (stride % 6);
  for (let row = from; row < to; row++) {
    const begin = row * taps;
    const end = begin + count[row]!;
    const top = (first[row]! - firstRow) * stride;
    const out = row * stride;
    for (let x = 0; x < wide; x += 6) {
      let sum0 = HALF;
      let sum1 = HALF;
      let sum2 = HALF;
      let sum3 = HALF;
      let sum4 = HALF;
      let sum5 = HALF;
      for (let tap = begin, at = top + x; tap < end; tap++, at += stride) {
        const weight = weights[tap]!;
        sum0 = (sum0 + source[at]! * weight) | 0;
        sum1 = (sum1 + source[at + 1]! * weight) | 0;
        sum2 = (sum2 + source[at + 2]! * weight) | 0;
        sum3 = (sum3 + source[at + 3]! * weight) | 0;
        sum4 = (sum4 + source[at + 4]! * weight) | 0;
        sum5 = (sum5 + source[at + 5]! * weight) | 0;
      }
      target[out + x] = sum0 >> PRECISION_BITS;
      target[out + x + 1] = sum1 >> PRECISION_BITS;
      target[out + x + 2] = sum2 >> PRECISION_BITS;
      target[out + x + 3] = sum3 >> PRECISION_BITS;
      target[out + x + 4] = sum4 >> PRECISION_BITS;
      target[out + x + 5] = sum5 >> PRECISION_BITS;
    }
    for (let x = wide; x < stride; x++) {
      let sum = HALF;
      for (let tap = begin, at = top + x; tap < end; tap++, at += stride) sum = (sum + source[at]! * weights[tap]!) | 0;
      target[out + x] = sum >> PRECISION_BITS;
    }
  }
};

/** The passes in plain TypeScript: what the kernel is held against, and what there is without WebAssembly's SIMD. */
export const scalarPasses: Passes = { horizontalRows, verticalRows };
