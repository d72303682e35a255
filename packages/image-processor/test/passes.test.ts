import { describe, expect, it } from "vitest";
import { cachedCoefficients } from "../src/pillow/coefficients.js";
import { PILImageResampling, type Resample } from "../src/pillow/filters.js";
import { compileKernel } from "../src/pillow/kernel-passes.js";
import { fastestPasses, type Passes } from "../src/pillow/passes.js";
import { scalarPasses } from "../src/pillow/scalar-passes.js";

const { BILINEAR, BICUBIC, BOX } = PILImageResampling;
const kernel = compileKernel()!;

describe("the passes in WebAssembly", () => {
  it("is what a resize runs with", () => {
    expect(fastestPasses()).not.toBe(scalarPasses);
  });

  // Sizes of one side: every remainder of a block of 16 bytes, pairs of rows, one pixel, much smaller, much larger.
  const random = generator(20_261_128);
  const sides = [1, 2, 3, 5, 6, 7, 8, 16, 17, 31, 64, 85, 86, 91, 133, 257, 700];
  const cases = Array.from({ length: 120 }, () => ({
    width: pick(sides),
    height: pick(sides),
    to: pick(sides),
    resample: pick<Resample>([BILINEAR, BICUBIC, BOX]),
    fill: pick(["noise", "extremes", "white"] as const),
  }));

  it.each(cases)("widens or narrows $width x $height to $to with $resample, $fill", ({ width, height, to, ...how }) => {
    const image = pixels(width * height * 3, how.fill, random);
    const coefficients = cachedCoefficients(width, to, how.resample);
    // A band inside of the picture: what is before and behind it stays as it was.
    const from = Math.floor(height / 4);
    const end = height - Math.floor(height / 5);
    const run = ({ horizontalRows }: Passes) => {
      const target = new Uint8ClampedArray((height + 1) * to * 3).fill(77);
      horizontalRows(image, width, target, 0, from, end, coefficients);
      return target;
    };
    expectSame(run(kernel), run(scalarPasses));
  });

  it.each(cases)(
    "heightens or lowers $width x $height to $to with $resample, $fill",
    ({ width, height, to, ...how }) => {
      // Any number of bytes a row, not only whole pixels.
      const stride = width * 2 + 1;
      const coefficients = cachedCoefficients(height, to, how.resample);
      const from = Math.floor(to / 4);
      const end = to - Math.floor(to / 5);
      // The strip that the pass is given begins at the first row it needs.
      const firstRow = coefficients.first[from]!;
      const strip = pixels(stride * (height - firstRow), how.fill, random);
      const run = ({ verticalRows }: Passes) => {
        const target = new Uint8ClampedArray(stride * (to + 1)).fill(77);
        verticalRows(strip, firstRow, stride, target, from, end, coefficients);
        return target;
      };
      expectSame(run(kernel), run(scalarPasses));
    },
  );

  it("leaves what does not fit into its memory to TypeScript", () => {
    const width = 3_000_000;
    const image = pixels(width * 3, "noise", random);
    const across = cachedCoefficients(width, 7, BICUBIC);
    const down = cachedCoefficients(9000, 2, BOX);
    const run = ({ horizontalRows, verticalRows }: Passes) => {
      const row = new Uint8ClampedArray(7 * 3);
      horizontalRows(image, width, row, 0, 0, 1, across);
      const column = new Uint8ClampedArray(2 * 1000);
      verticalRows(image, 0, 1000, column, 0, 2, down);
      return Uint8ClampedArray.of(...row, ...column);
    };
    expectSame(run(kernel), run(scalarPasses));
  });

  function pick<Value>(values: readonly Value[]): Value {
    return values[Math.floor(random() * values.length)]!;
  }
});

/** Every byte. `toEqual` of a million takes seconds. */
function expectSame(actual: Uint8ClampedArray, expected: Uint8ClampedArray): void {
  expect(actual.length).toBe(expected.length);
  const at = actual.findIndex((byte, index) => byte !== expected[index]);
  expect({ at, byte: actual[at] }).toEqual({ at: -1, byte: undefined });
}

function pixels(length: number, fill: "noise" | "extremes" | "white", random: () => number): Uint8Array {
  const make = { noise: () => random() * 256, extremes: () => (random() < 0.5 ? 0 : 255), white: () => 255 }[fill];
  return Uint8Array.from({ length }, make);
}

/** Numerical Recipes' linear congruential generator: the same cases at every run. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
