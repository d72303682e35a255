import { expect, test } from "vitest";
import { selection } from "../../src/media/video/ffmpeg.js";
import { averageFrameRate } from "../../src/media/video/frame-rate.js";
import { bitsOf } from "../../src/media/video/webcodecs.js";

test.each([24, 25, 30, 50, 60, 24_000 / 1001, 30_000 / 1001, 12.5, 7.3])(
  "%d frames a second, times in milliseconds",
  (rate) => {
    const times = Array.from({ length: 300 }, (_, index) => Math.round((index / rate) * 1000) / 1000);
    const got = averageFrameRate(300, 0, times.at(-1)!, 0);
    if (rate === 12.5 || rate === 7.3) expect(got).toBeCloseTo(rate, 2);
    else expect(got).toBe(rate);
  },
);

test("a video of one frame has the rate of its length, or none", () => {
  expect(averageFrameRate(1, 0, 0, 0.04)).toBe(25);
  expect(averageFrameRate(1, 0, 0, 0)).toBe(0);
});

test("places that follow each other are one term", () => {
  expect(selection([0, 1, 2, 7, 9, 10])).toBe(
    "between(round(t*1000)\\,0\\,2)+between(round(t*1000)\\,7\\,7)+between(round(t*1000)\\,9\\,10)",
  );
});

test.each([
  ["avc1.64001f", 8],
  ["avc1.6e001f", 10],
  ["hvc1.1.6.L93.B0", 8],
  ["hev1.2.4.L93.B0", 10],
  ["vp8", 8],
  ["vp09.00.10.08", 8],
  ["vp09.02.10.10", 10],
  ["av01.0.04M.10", 10],
])("%s has %d bits", (codec, bits) => {
  expect(bitsOf(codec)).toBe(bits);
});
