import { RawImage } from "@internvl/core";

/** `image` turned clockwise by whole right angles. */
export function rotate(image: RawImage, degrees: number): RawImage {
  const turns = (((degrees / 90) % 4) + 4) % 4;
  if (turns === 0) return image;
  const { data, width, height } = image;
  const turned = new Uint8Array(data.length);
  const [to_width, to_height] = turns === 2 ? [width, height] : [height, width];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [to_x, to_y] =
        turns === 1 ? [height - 1 - y, x] : turns === 2 ? [width - 1 - x, height - 1 - y] : [y, width - 1 - x];
      const from = (y * width + x) * 3;
      const to = (to_y * to_width + to_x) * 3;
      turned[to] = data[from]!;
      turned[to + 1] = data[from + 1]!;
      turned[to + 2] = data[from + 2]!;
    }
  }
  return new RawImage(turned, to_width, to_height, 3);
}
