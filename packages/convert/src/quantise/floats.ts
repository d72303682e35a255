// Loops over the bit patterns of floats. Typed arrays are little-endian wherever this code runs, as the files are.

/** Infinity without its sign. What is finite has smaller bits, NaN larger ones. */
const FLOAT32_INFINITY = 0x7f800000;
const FLOAT16_INFINITY = 0x7c00;

/** A view of bytes at any address: copied only when it is not aligned. */
export function asUint16(bytes: Uint8Array): Uint16Array {
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % 2 === 0 ? bytes : bytes.slice();
  return new Uint16Array(buffer, byteOffset, byteLength / 2);
}

/** A view of bytes at any address: copied only when it is not aligned. */
export function asUint32(bytes: Uint8Array): Uint32Array {
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Uint32Array(buffer, byteOffset, byteLength / 4);
}

/** bfloat16 is the upper half of a float32. Two at a time where they are aligned: a third faster. */
export function widenBfloat16(source: Uint16Array, target: Uint32Array): void {
  const pairs = source.byteOffset % 4 === 0 ? source.length >>> 1 : 0;
  const words = new Uint32Array(source.buffer, pairs === 0 ? 0 : source.byteOffset, pairs);
  for (let i = 0; i < pairs; i++) {
    const word = words[i]!;
    target[2 * i] = word << 16;
    target[2 * i + 1] = word & 0xffff0000;
  }
  for (let i = 2 * pairs; i < source.length; i++) target[i] = source[i]! << 16;
}

export function widenFloat16(source: Uint16Array, target: Uint32Array): void {
  const table = float16Table();
  const count = source.length;
  for (let i = 0; i < count; i++) target[i] = table[source[i]!]!;
}

let table: Uint32Array | undefined;

/** The float32 bits of all 65,536 float16 numbers. */
function float16Table(): Uint32Array {
  if (table !== undefined) return table;
  table = new Uint32Array(65_536);
  const value = new Float32Array(1);
  const bits = new Uint32Array(value.buffer);
  for (let half = 0; half < 65_536; half++) {
    const magnitude = half & 0x7fff;
    if (magnitude < 0x0400) {
      // Subnormal: a multiple of 2^-24.
      value[0] = magnitude * 2 ** -24;
    } else {
      // The exponent's bias goes from 15 to 127; that of NaN and infinity from 31 to 255.
      bits[0] = (magnitude << 13) + (magnitude < FLOAT16_INFINITY ? 112 << 23 : 224 << 23);
    }
    table[half] = bits[0]! | ((half & 0x8000) << 16);
  }
  return table;
}

/**
 * Rounds float32 bits to float16, ties to even, infinity and NaN kept.
 *
 * @returns the index of a finite number that overflows float16, or -1. `target` is not complete then.
 */
export function narrowToFloat16(source: Uint32Array, target: Uint16Array): number {
  const count = source.length;
  for (let i = 0; i < count; i++) {
    const bits = source[i]!;
    const magnitude = bits & 0x7fffffff;
    let half: number;
    if (magnitude >= 0x38800000 && magnitude < 0x477ff000) {
      // Normal in float16, up to where rounding would reach infinity. Ties to even: add just under a half, and the
      // last bit that stays.
      half = (magnitude - (112 << 23) + 0xfff + ((magnitude >>> 13) & 1)) >>> 13;
    } else if (magnitude < 0x38800000) {
      half = subnormalFloat16(magnitude);
    } else if (magnitude < FLOAT32_INFINITY) {
      return i;
    } else {
      half = magnitude === FLOAT32_INFINITY ? FLOAT16_INFINITY : 0x7e00 | ((magnitude >>> 13) & 0x3ff);
    }
    target[i] = half | ((bits >>> 16) & 0x8000);
  }
  return -1;
}

/** A pattern of float16 that no bfloat16 becomes: NaN keeps seven bits of its fraction, and the last three are 0. */
const OVERFLOWS = 0x7fff;

let narrowed: Uint16Array | undefined;

/** What `narrowToFloat16` makes of all 65,536 bfloat16 numbers; `OVERFLOWS` for those that it refuses. */
function bfloat16ToFloat16Table(): Uint16Array {
  if (narrowed !== undefined) return narrowed;
  narrowed = new Uint16Array(65_536);
  const wide = new Uint32Array(1);
  for (let brief = 0; brief < 65_536; brief++) {
    wide[0] = brief << 16;
    if (narrowToFloat16(wide, narrowed.subarray(brief, brief + 1)) >= 0) narrowed[brief] = OVERFLOWS;
  }
  return narrowed;
}

/**
 * `narrowToFloat16` for bfloat16: a table, two at a time where they are aligned. Half the time of widening first.
 *
 * @returns as `narrowToFloat16`
 */
export function bfloat16ToFloat16(source: Uint16Array, target: Uint16Array): number {
  const table = bfloat16ToFloat16Table();
  const pairs = (source.byteOffset | target.byteOffset) % 4 === 0 ? source.length >>> 1 : 0;
  const from = new Uint32Array(source.buffer, pairs === 0 ? 0 : source.byteOffset, pairs);
  const to = new Uint32Array(target.buffer, pairs === 0 ? 0 : target.byteOffset, pairs);
  for (let i = 0; i < pairs; i++) {
    const word = from[i]!;
    const low = table[word & 0xffff]!;
    const high = table[word >>> 16]!;
    if (low === OVERFLOWS) return 2 * i;
    if (high === OVERFLOWS) return 2 * i + 1;
    to[i] = low | (high << 16);
  }
  for (let i = 2 * pairs; i < source.length; i++) {
    const half = table[source[i]!]!;
    if (half === OVERFLOWS) return i;
    target[i] = half;
  }
  return -1;
}

/** Rounds float32 bits to bfloat16, ties to even, infinity and NaN kept. What overflows becomes infinity. */
export function narrowToBfloat16(source: Uint32Array, target: Uint16Array): void {
  const count = source.length;
  for (let i = 0; i < count; i++) {
    const bits = source[i]!;
    const isNan = (bits & 0x7fffffff) > FLOAT32_INFINITY;
    target[i] = isNan ? (bits >>> 16) | 0x40 : (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
  }
}

const scratch = new Float32Array(1);
const scratchBits = new Uint32Array(scratch.buffer);

/** 0.5 has steps of 2^-24, those of float16's subnormals: adding it lets the float32 addition do the rounding. */
function subnormalFloat16(magnitude: number): number {
  scratchBits[0] = magnitude;
  scratch[0] = scratch[0]! + 0.5;
  return scratchBits[0]! - 0x3f000000;
}

/**
 * The index of the number that is the farthest from 0 within `start` to before `end`, the first of equal ones.
 * NaN counts as farther than infinity, because magnitudes are compared as integers: so nothing that is not finite goes
 * unseen.
 */
export function farthest(bits: Int32Array, start: number, end: number): number {
  let index = start;
  let largest = bits[start]! & 0x7fffffff;
  for (let i = start + 1; i < end; i++) {
    const magnitude = bits[i]! & 0x7fffffff;
    if (magnitude > largest) {
      largest = magnitude;
      index = i;
    }
  }
  return index;
}
