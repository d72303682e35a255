import { InternVLError } from "./errors.js";

/** @throws InternVLError `IMAGE_TOO_LARGE`, from the header's numbers and before any pixel is decoded */
export function assertPixels(width: number, height: number, name: string, max_pixels: number): void {
  if (width * height > max_pixels) {
    throw new InternVLError("IMAGE_TOO_LARGE", {
      what: `${name} has too many pixels`,
      expected: `at most ${max_pixels}`,
      got: `${width} x ${height} = ${width * height}`,
      fix: "Scale it down, or raise the option max_pixels if you trust it.",
    });
  }
}
