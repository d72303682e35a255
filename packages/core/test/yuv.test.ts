import { type ColourSpace, type YuvFrame, yuvToRgb } from "@internvl/core";
import { describe, expect, test } from "vitest";

const KR_KB: Record<string, [number, number]> = {
  bt709: [0.2126, 0.0722],
  bt470bg: [0.299, 0.114],
  smpte170m: [0.299, 0.114],
  "bt2020-ncl": [0.2627, 0.0593],
};

/** The textbook: a sample as a number from 0 to 1 (or -1/2 to 1/2), the inverse of Y = Kr R + Kg G + Kb B, rounded. */
function reference(
  [y, u, v]: number[],
  depth: number,
  { matrix = "smpte170m", fullRange = false }: ColourSpace,
): number[] {
  const unit = 2 ** (depth - 8);
  const most = 2 ** depth - 1;
  const luma = fullRange ? y! / most : (y! / unit - 16) / 219;
  const [cb, cr] = [u!, v!].map((c) => (fullRange ? (c - 128 * unit) / most : (c / unit - 128) / 224)) as [
    number,
    number,
  ];
  const [kr, kb] = KR_KB[matrix ?? "smpte170m"]!;
  const red = luma + 2 * (1 - kr) * cr;
  const blue = luma + 2 * (1 - kb) * cb;
  const green = (luma - kr * red - kb * blue) / (1 - kr - kb);
  return [red, green, blue].map((value) => Math.min(255, Math.max(0, value * 255)));
}

/** All corners of the cube of samples, and steps in between. */
function samples(depth: 8 | 10 | 12): number[][] {
  const most = 2 ** depth - 1;
  const steps = Array.from({ length: 18 }, (_, step) => Math.round((most * step) / 17));
  return steps.flatMap((y) => steps.flatMap((u) => steps.map((v) => [y, u, v])));
}

describe("yuvToRgb", () => {
  const spaces: ColourSpace[] = Object.keys(KR_KB).flatMap((matrix) => [
    { matrix, fullRange: false },
    { matrix, fullRange: true },
  ]);
  test.each([{}, { matrix: null, fullRange: null }, ...spaces])("%o is the textbook's, rounded", (space) => {
    for (const depth of [8, 10, 12] as const) {
      const rows = samples(depth);
      const plane = (at: number) => (depth === 8 ? Uint8Array : Uint16Array).from(rows.map((row) => row[at]!));
      const frame: YuvFrame = {
        width: rows.length,
        height: 1,
        planes: [plane(0), plane(1), plane(2)],
        subsampling: [1, 1],
        depth,
      };
      const { data } = yuvToRgb(frame, space);
      for (const [index, row] of rows.entries()) {
        const expected = reference(row, depth, space);
        const got = [...data.subarray(index * 3, index * 3 + 3)];
        for (const [channel, value] of expected.entries()) {
          expect(Math.abs(got[channel]! - value), `${depth} bits, ${row}, channel ${channel}`).toBeLessThan(0.5 + 1e-9);
        }
      }
    }
  });

  const chroma = (subsampling: YuvFrame["subsampling"], u: number[], v: number[]): YuvFrame => ({
    width: 3,
    height: 3,
    planes: [new Uint8Array(9).fill(100), Uint8Array.from(u), Uint8Array.from(v)],
    subsampling,
    depth: 8,
  });
  const pixels = (frame: YuvFrame): number[] => {
    const { data } = yuvToRgb(frame, {});
    return Array.from({ length: 9 }, (_, pixel) => data[pixel * 3]!);
  };
  const red = (v: number): number => yuvToRgb(chroma([1, 1], Array(9).fill(128), Array(9).fill(v)), {}).data[0]!;

  test("chroma belongs to the pixels that share it, odd sizes included", () => {
    const [a, b, c, d] = [90, 120, 150, 180].map(red) as [number, number, number, number];
    expect(pixels(chroma([2, 2], Array(4).fill(128), [90, 120, 150, 180]))).toEqual([a, a, b, a, a, b, c, c, d]);
    const rows = chroma([2, 1], Array(6).fill(128), [90, 120, 150, 180, 120, 90]);
    expect(pixels(rows)).toEqual([a, a, b, c, c, d, b, b, a]);
  });

  test("a frame without chroma is grey", () => {
    const frame: YuvFrame = { width: 2, height: 1, planes: [Uint8Array.of(16, 235)], subsampling: [1, 1], depth: 8 };
    expect([...yuvToRgb(frame, {}).data]).toEqual([0, 0, 0, 255, 255, 255]);
  });

  test.each<[string, YuvFrame, ColourSpace, string]>([
    ["another matrix", chroma([1, 1], Array(9).fill(0), Array(9).fill(0)), { matrix: "rgb" }, "UNSUPPORTED"],
    ["planes that are too short", chroma([1, 1], [0], [0]), {}, "VIDEO_INVALID"],
    [
      "16-bit planes of 8 bits",
      { ...chroma([1, 1], Array(9).fill(0), Array(9).fill(0)), depth: 10 },
      {},
      "VIDEO_INVALID",
    ],
  ])("%s is refused", (_, frame, space, code) => {
    expect(() => yuvToRgb(frame, space)).toThrow(expect.objectContaining({ code }));
  });
});
