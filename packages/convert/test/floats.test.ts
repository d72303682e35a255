import { describe, expect, test } from "vitest";
import { bfloat16ToFloat16, narrowToFloat16, widenBfloat16, widenFloat16 } from "../src/quantise/floats.js";

const ALL = Uint16Array.from({ length: 65_536 }, (_, i) => i);
const float = new Float32Array(1);
const floatBits = new Uint32Array(float.buffer);

/** A binary float by its definition in IEEE 754. */
function numberOf(pattern: number, exponentBits: number, fractionBits: number): number {
  const sign = pattern >>> (exponentBits + fractionBits) === 0 ? 1 : -1;
  const exponent = (pattern >>> fractionBits) & (2 ** exponentBits - 1);
  const fraction = pattern & (2 ** fractionBits - 1);
  const bias = 2 ** (exponentBits - 1) - 1;
  if (exponent === 2 ** exponentBits - 1) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** (1 - bias - fractionBits);
  return sign * (1 + fraction / 2 ** fractionBits) * 2 ** (exponent - bias);
}

function bitsOf(value: number): number {
  float[0] = value;
  return floatBits[0]!;
}

function narrow(value: number): { half: number; overflow: number } {
  const target = new Uint16Array(1);
  const overflow = narrowToFloat16(Uint32Array.of(bitsOf(value)), target);
  return { half: target[0]!, overflow };
}

describe("widening", () => {
  test.each([
    ["bfloat16", widenBfloat16, 8, 7],
    ["float16", widenFloat16, 5, 10],
  ] as const)("all 65,536 numbers of %s", (_, widen, exponentBits, fractionBits) => {
    const wide = new Float32Array(ALL.length);
    widen(ALL, new Uint32Array(wide.buffer));
    const wrong = [...ALL].filter((i) => !Object.is(wide[i], numberOf(i, exponentBits, fractionBits)));
    expect(wrong).toEqual([]);
  });

  test("at an address that is no multiple of 4, and of an odd count", () => {
    const bits = new Uint32Array(5);
    widenBfloat16(ALL.subarray(0x3f81, 0x3f84), bits);
    expect([...bits]).toEqual([0x3f810000, 0x3f820000, 0x3f830000, 0, 0]);
    widenBfloat16(ALL.subarray(0x3f80, 0x3f83), bits);
    expect([...bits]).toEqual([0x3f800000, 0x3f810000, 0x3f820000, 0, 0]);
  });
});

describe("bfloat16 to float16", () => {
  test("all 65,536 numbers, as by way of float32", () => {
    const [wide, direct, twoSteps] = [new Uint32Array(1), new Uint16Array(1), new Uint16Array(1)];
    const wrong = [...ALL].filter((_, i) => {
      widenBfloat16(ALL.subarray(i, i + 1), wide);
      const overflow = narrowToFloat16(wide, twoSteps);
      return (
        bfloat16ToFloat16(ALL.subarray(i, i + 1), direct) !== overflow || (overflow < 0 && direct[0] !== twoSteps[0])
      );
    });
    expect(wrong).toEqual([]);
  });

  test.each([0, 1])("many at once, from %i elements on, and which one overflows", (shift) => {
    const count = 1001;
    const source = new Uint16Array(count + 2).subarray(shift, shift + count);
    source.set(ALL.subarray(0x3a00, 0x3a00 + count));
    const [target, wide, expected] = [new Uint16Array(count), new Uint32Array(count), new Uint16Array(count)];
    expect(bfloat16ToFloat16(source, target)).toBe(-1);
    widenBfloat16(source, wide);
    narrowToFloat16(wide, expected);
    expect(target).toEqual(expected);
    for (const at of [0, 501, 502, count - 1]) {
      const broken = source.slice();
      // 65,536, the first that does not fit.
      broken[at] = 0x4780;
      expect(bfloat16ToFloat16(broken, target)).toBe(at);
    }
  });
});

describe("narrowing to float16", () => {
  test("gives back all that float16 has", () => {
    const wide = new Uint32Array(ALL.length);
    widenFloat16(ALL, wide);
    const narrowed = new Uint16Array(ALL.length);
    expect(narrowToFloat16(wide, narrowed)).toBe(-1);
    const wrong = [...ALL].filter((i) => {
      const isNan = (i & 0x7c00) === 0x7c00 && (i & 0x3ff) !== 0;
      return isNan ? (narrowed[i]! & 0xfe00) !== ((i & 0xfc00) | 0x200) : narrowed[i] !== i;
    });
    expect(wrong).toEqual([]);
  });

  test("rounds to nearest, ties to even, around every midpoint", () => {
    const wrong: number[] = [];
    for (let half = 0; half < 0x7bff; half++) {
      const below = numberOf(half, 5, 10);
      const above = numberOf(half + 1, 5, 10);
      const middle = bitsOf((below + above) / 2);
      const even = half % 2 === 0 ? half : half + 1;
      const bits = Uint32Array.of(middle - 1, middle, middle + 1, (middle | 0x80000000) >>> 0);
      const halves = new Uint16Array(4);
      narrowToFloat16(bits, halves);
      const expected = [half, even, half + 1, even | 0x8000];
      if (expected.some((value, i) => value !== halves[i])) wrong.push(half);
    }
    expect(wrong).toEqual([]);
  });

  test("keeps zeros, infinities and NaN, and lets tiny numbers become 0", () => {
    expect(narrow(-0).half).toBe(0x8000);
    expect(narrow(Number.POSITIVE_INFINITY).half).toBe(0x7c00);
    expect(narrow(Number.NEGATIVE_INFINITY).half).toBe(0xfc00);
    expect(narrow(Number.NaN).half & 0x7e00).toBe(0x7e00);
    expect(narrow(2 ** -25).half).toBe(0);
    expect(narrow(2 ** -149).half).toBe(0);
    expect(narrow(2 ** -25 * (1 + 2 ** -23)).half).toBe(1);
  });

  test("finds the first finite number that overflows", () => {
    expect(narrow(65_519.996)).toEqual({ half: 0x7bff, overflow: -1 });
    expect(narrow(65_520).overflow).toBe(0);
    const bits = [1, Number.POSITIVE_INFINITY, 2, -1e30, 1e30].map(bitsOf);
    expect(narrowToFloat16(Uint32Array.from(bits), new Uint16Array(5))).toBe(3);
  });
});
