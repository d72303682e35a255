import { expect, test } from "vitest";
import { type CodecFrame, readPlanes } from "../src/planes.js";

/** A frame of 3 x 3 pixels over `bytes`, its planes where `layout` says. */
function frame(format: string | null, bytes: number[], layout: { offset: number; stride: number }[]): CodecFrame {
  return {
    format,
    timestamp: 0,
    visibleRect: { width: 3, height: 3 },
    codedWidth: 16,
    codedHeight: 16,
    allocationSize: () => bytes.length,
    copyTo: async (target) => {
      target.set(bytes);
      return layout;
    },
    close: () => {},
  };
}

const LUMA = [1, 2, 3, 4, 5, 6, 7, 8, 9];
/** Rows of 3 with a gap of one behind each. */
const GAPPED = [1, 2, 3, 0, 4, 5, 6, 0, 7, 8, 9, 0];
const words = (samples: number[]): number[] => samples.flatMap((sample) => [sample & 255, sample >> 8]);

test.each<[string, CodecFrame, number[][]]>([
  [
    "I420",
    frame("I420", [...LUMA, 10, 11, 12, 13, 20, 21, 22, 23], [at(0, 3), at(9, 2), at(13, 2)]),
    [LUMA, [10, 11, 12, 13], [20, 21, 22, 23]],
  ],
  [
    "I420 with gaps and alpha",
    frame(
      "I420A",
      [...GAPPED, 10, 11, 0, 12, 13, 0, 20, 21, 0, 22, 23, 0, ...LUMA],
      [at(0, 4), at(12, 3), at(18, 3), at(24, 3)],
    ),
    [LUMA, [10, 11, 12, 13], [20, 21, 22, 23]],
  ],
  [
    "NV12, its chroma taken apart",
    frame("NV12", [...LUMA, 10, 20, 11, 21, 12, 22, 13, 23], [at(0, 3), at(9, 4)]),
    [LUMA, [10, 11, 12, 13], [20, 21, 22, 23]],
  ],
  [
    "I422",
    frame("I422", [...LUMA, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], [at(0, 3), at(9, 2), at(15, 2)]),
    [LUMA, [1, 2, 3, 4, 5, 6], [7, 8, 9, 10, 11, 12]],
  ],
  ["I444", frame("I444", [...LUMA, ...LUMA, ...LUMA], [at(0, 3), at(9, 3), at(18, 3)]), [LUMA, LUMA, LUMA]],
  [
    "I420 of 10 bits, little-endian",
    frame("I420P10", words([...LUMA.map((value) => value * 100), 512, 513, 514, 515, 520, 521, 522, 523]), [
      at(0, 6),
      at(18, 4),
      at(26, 4),
    ]),
    [LUMA.map((value) => value * 100), [512, 513, 514, 515], [520, 521, 522, 523]],
  ],
])("%s", async (name, given, expected) => {
  const { planes, width, height, depth, subsampling } = await readPlanes(given, "");
  expect(planes.map((plane) => [...plane])).toEqual(expected);
  expect({ width, height, depth }).toEqual({ width: 3, height: 3, depth: name.includes("10 bits") ? 10 : 8 });
  expect(subsampling).toEqual(name.includes("I444") ? [1, 1] : name.includes("I422") ? [2, 1] : [2, 2]);
});

test.each(["RGBA", "BGRX", "NV12P9", null])("%s is refused, not converted", async (format) => {
  const reading = readPlanes(frame(format, [], []), "Do something else.");
  await expect(reading).rejects.toMatchObject({
    code: "UNSUPPORTED",
    message: expect.stringContaining("Do something"),
  });
});

function at(offset: number, stride: number): { offset: number; stride: number } {
  return { offset, stride };
}
