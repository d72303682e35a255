import { RawImage } from "./image.js";

/**
 * The picture as it is meant to be seen: EXIF orientations 2 to 8 are mirrorings and quarter turns (Pillow's
 * `ImageOps.exif_transpose`). Anything else is returned as it is.
 */
export function turn(image: RawImage, orientation: number): RawImage {
  const { data, width, height, channels } = image;
  if (orientation < 2 || orientation > 8) return image;
  const swaps = orientation >= 5;
  const [turnedWidth, turnedHeight] = swaps ? [height, width] : [width, height];
  // From where the pixel at (x, y) of the result comes: along the row or the column, forwards or backwards.
  const backX = [2, 3, 7, 8].includes(orientation);
  const backY = [3, 4, 6, 7].includes(orientation);
  const turned = new Uint8Array(data.length);
  let to = 0;
  for (let y = 0; y < turnedHeight; y++) {
    for (let x = 0; x < turnedWidth; x++) {
      const [column, row] = swaps ? [y, x] : [x, y];
      const from = ((backY ? height - 1 - row : row) * width + (backX ? width - 1 - column : column)) * channels;
      for (let channel = 0; channel < channels; channel++) turned[to++] = data[from + channel]!;
    }
  }
  return new RawImage(turned, turnedWidth, turnedHeight, channels);
}
