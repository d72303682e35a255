import { expect, test } from "vitest";
import { selection } from "../../src/media/video/ffmpeg.js";
import { bitsOf } from "../../src/media/video/webcodecs.js";

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
