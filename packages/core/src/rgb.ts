import { RawImage } from "./image.js";

/** What becomes of transparency: `"composite"` lays the image on white, `"drop"` keeps the colours under it. */
export type AlphaMode = "composite" | "drop";

/**
 * `image` as RGB: grey is repeated, transparency is laid on white (`"composite"`) or cut off (`"drop"`). An RGB image is
 * returned as it is.
 *
 * Compositing is Pillow's `Image.alpha_composite` over an opaque white background in its own integer arithmetic
 * (libImaging/AlphaComposite.c), so the bytes are those of Transformers' `convert_to_rgb`.
 */
export function toRgb(image: RawImage, alpha: AlphaMode = "composite"): RawImage {
  if (image.channels === 3) return image;
  const { data, width, height, channels } = image;
  const rgb = new Uint8Array(width * height * 3);
  if (channels === 1) {
    for (let from = 0, to = 0; from < data.length; from++, to += 3) rgb.fill(data[from]!, to, to + 3);
  } else {
    for (let from = 0, to = 0; from < data.length; from += 4, to += 3) {
      const opacity = alpha === "drop" ? 255 : data[from + 3]!;
      rgb[to] = onWhite(data[from]!, opacity);
      rgb[to + 1] = onWhite(data[from + 1]!, opacity);
      rgb[to + 2] = onWhite(data[from + 2]!, opacity);
    }
  }
  return new RawImage(rgb, width, height, 3);
}

/** Pillow works with 7 extra bits and divides by 255 with its rounding shift. */
function onWhite(value: number, opacity: number): number {
  const sum = (value * opacity + 255 * (255 - opacity)) * 128 + (0x80 << 7);
  return ((sum >> 8) + sum) >> 15;
}
