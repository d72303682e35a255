// AssemblyScript: compiled to WebAssembly, not by tsc. The same arithmetic as src/pillow/scalar-passes.ts.
//
// A weight of 24 bits is split in two so that `i32x4.dot_i16x8_s` can multiply it: `high * 2 ** 15 + low`, low from 0 to
// 2 ** 15 - 1. That instruction multiplies eight pairs of 16 bits and adds neighbours, so two taps are taken at once.
// Sums of 32 bits wrap, and the highs are shifted and added to the lows at the end: exactly what one 32-bit sum gives.

/** One half in the fixed point of the weights. */
const HALF: i32 = 1 << 21;
const PRECISION_BITS: i32 = 22;
const LOW_BITS: i32 = 15;

/** Two taps of one position: two low halves, two high halves, 16 bits each. */
const PAIR_BYTES: usize = 8;
/** One position: the byte where it begins to read, and how many pairs of taps it has, 32 bits each. */
const POSITION_BYTES: usize = 8;
/** Bytes of a row that the vertical pass takes at once. It reads and writes up to so many behind the last row. */
const BLOCK: usize = 16;

/** Sums to bytes: without their fraction, clamped to 0..255. The bytes are the first four of the result. */
function toBytes(low: v128, high: v128): v128 {
  const words = i16x8.narrow_i32x4_s(toWhole(low, high), i32x4.splat(0));
  return i8x16.narrow_i16x8_u(words, words);
}

function toWhole(low: v128, high: v128): v128 {
  return i32x4.shr_s(i32x4.add(low, i32x4.shl(high, LOW_BITS)), PRECISION_BITS);
}

/** Red, green and blue of two neighbours as pairs of 16 bits: r0 r1 g0 g1 b0 b1 0 0. */
function twoPixels(address: usize): v128 {
  return i8x16.swizzle(v128.load64_zero(address), i8x16(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1));
}

function storePixel(address: usize, bytes: v128): void {
  v128.store16_lane(address, bytes, 0);
  v128.store8_lane(address + 2, bytes, 2);
}

/**
 * RGB rows of `width` positions each, two rows at a time, so that weights that were loaded serve both. Reads up to five
 * bytes behind the last row.
 */
export function horizontal(
  source: usize,
  sourceStride: usize,
  target: usize,
  rows: i32,
  width: i32,
  positions: usize,
  weights: usize,
  weightsStride: usize,
): void {
  const targetStride = <usize>width * 3;
  for (let row = 0; row < rows; row += 2) {
    // The odd last row is its own partner: it is computed twice and written twice.
    const step: usize = row + 1 < rows ? 1 : 0;
    const rowA = source + <usize>row * sourceStride;
    const rowB = step * sourceStride;
    const nextTarget = step * targetStride;
    let out = target + <usize>row * targetStride;
    let position = positions;
    let firstWeight = weights;
    for (let x = 0; x < width; x++) {
      let at = rowA + <usize>load<u32>(position);
      let weight = firstWeight;
      const end = weight + <usize>load<u32>(position, 4) * PAIR_BYTES;
      let lowA = i32x4.splat(HALF);
      let lowB = i32x4.splat(HALF);
      let highA = i32x4.splat(0);
      let highB = i32x4.splat(0);
      for (; weight < end; weight += PAIR_BYTES, at += 6) {
        const low = v128.load32_splat(weight);
        const high = v128.load32_splat(weight, 4);
        const pixelsA = twoPixels(at);
        const pixelsB = twoPixels(at + rowB);
        lowA = i32x4.add(lowA, i32x4.dot_i16x8_s(pixelsA, low));
        highA = i32x4.add(highA, i32x4.dot_i16x8_s(pixelsA, high));
        lowB = i32x4.add(lowB, i32x4.dot_i16x8_s(pixelsB, low));
        highB = i32x4.add(highB, i32x4.dot_i16x8_s(pixelsB, high));
      }
      storePixel(out, toBytes(lowA, highA));
      storePixel(out + nextTarget, toBytes(lowB, highB));
      out += 3;
      position += POSITION_BYTES;
      firstWeight += weightsStride;
    }
  }
}

/**
 * Rows of `stride` bytes, one for each position. A block may run over the end of a row: what it writes there is written
 * again with the next row.
 */
export function vertical(
  source: usize,
  target: usize,
  stride: usize,
  rows: i32,
  positions: usize,
  weights: usize,
  weightsStride: usize,
): void {
  for (let row = 0; row < rows; row++) {
    const top = source + <usize>load<u32>(positions);
    const end = weights + <usize>load<u32>(positions, 4) * PAIR_BYTES;
    for (let x: usize = 0; x < stride; x += BLOCK) {
      let low0 = i32x4.splat(HALF);
      let low1 = i32x4.splat(HALF);
      let low2 = i32x4.splat(HALF);
      let low3 = i32x4.splat(HALF);
      let high0 = i32x4.splat(0);
      let high1 = i32x4.splat(0);
      let high2 = i32x4.splat(0);
      let high3 = i32x4.splat(0);
      let at = top + x;
      for (let weight = weights; weight < end; weight += PAIR_BYTES, at += stride * 2) {
        const low = v128.load32_splat(weight);
        const high = v128.load32_splat(weight, 4);
        const upper = v128.load(at);
        const lower = v128.load(at + stride);
        const left = i8x16.shuffle(upper, lower, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
        const right = i8x16.shuffle(upper, lower, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
        const bytes0 = i16x8.extend_low_i8x16_u(left);
        const bytes1 = i16x8.extend_high_i8x16_u(left);
        const bytes2 = i16x8.extend_low_i8x16_u(right);
        const bytes3 = i16x8.extend_high_i8x16_u(right);
        low0 = i32x4.add(low0, i32x4.dot_i16x8_s(bytes0, low));
        high0 = i32x4.add(high0, i32x4.dot_i16x8_s(bytes0, high));
        low1 = i32x4.add(low1, i32x4.dot_i16x8_s(bytes1, low));
        high1 = i32x4.add(high1, i32x4.dot_i16x8_s(bytes1, high));
        low2 = i32x4.add(low2, i32x4.dot_i16x8_s(bytes2, low));
        high2 = i32x4.add(high2, i32x4.dot_i16x8_s(bytes2, high));
        low3 = i32x4.add(low3, i32x4.dot_i16x8_s(bytes3, low));
        high3 = i32x4.add(high3, i32x4.dot_i16x8_s(bytes3, high));
      }
      const left = i16x8.narrow_i32x4_s(toWhole(low0, high0), toWhole(low1, high1));
      const right = i16x8.narrow_i32x4_s(toWhole(low2, high2), toWhole(low3, high3));
      v128.store(target + x, i8x16.narrow_i16x8_u(left, right));
    }
    target += stride;
    positions += POSITION_BYTES;
    weights += weightsStride;
  }
}
