import { RawImage } from "@internvl/core";

/** A picture that is the same everywhere: gradients in each channel, and a disc with a sharp edge. */
export function checkPicture(size: number): RawImage {
  const data = new Uint8Array(size * size * 3);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const inside = (x - 0.6 * size) ** 2 + (y - 0.4 * size) ** 2 < (0.2 * size) ** 2;
      const colour = inside ? [210, 40, 40] : [(255 * x) / size, (255 * y) / size, 255 - (255 * (x + y)) / (2 * size)];
      data.set(colour, (y * size + x) * 3);
    }
  }
  return new RawImage(data, size, size, 3);
}
