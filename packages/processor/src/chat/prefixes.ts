import { InternVLError } from "@internvl/core";

/**
 * What OpenGVLab's examples put before a question about several pictures, one line a picture.
 *
 * ```ts
 * imagePrefix(2); // "Image-1: <image>\nImage-2: <image>\n"
 * ```
 *
 * @throws InternVLError `INPUT_INVALID` for what is not a number of pictures
 */
export function imagePrefix(num_images: number): string {
  return lines(num_images, (number) => `Image-${number}: <image>\n`);
}

/**
 * What OpenGVLab's examples put before a question about a video, one line a frame.
 *
 * ```ts
 * framePrefix(2); // "Frame1: <image>\nFrame2: <image>\n"
 * ```
 *
 * @throws InternVLError `INPUT_INVALID` for what is not a number of frames
 */
export function framePrefix(num_frames: number): string {
  return lines(num_frames, (number) => `Frame${number}: <image>\n`);
}

function lines(count: number, line: (number: number) => string): string {
  if (!Number.isSafeInteger(count) || count < 0) {
    throw new InternVLError("INPUT_INVALID", {
      what: "There cannot be so many pictures",
      expected: "a whole number of at least 0",
      got: String(count),
    });
  }
  return Array.from({ length: count }, (_, index) => line(index + 1)).join("");
}
