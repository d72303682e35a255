import { RawImage } from "@internvl/core";

/** What becomes of transparency: `"composite"` lays the image on white, `"drop"` keeps the colours under it. */
export type AlphaMode = "composite" | "drop";

/**
 * An image as RGB. Grey is repeated. Alpha is composited on white as Transformers does (`Image.alpha_composite`), or
 * dropped as `Image.convert("RGB")` and OpenGVLab's code do.
 *
 * @returns a new image, or `image` itself when it is RGB already
 */
export function to_rgb(image: RawImage, alpha: AlphaMode = "composite"): RawImage {
  if (image.channels === 3) return image;
  const rgb = new Uint8Array(image.width * image.height * 3);
  if (image.channels === 1) repeatGrey(image.data, rgb);
  else if (alpha === "composite") compositeOnWhite(image.data, rgb);
  else dropAlpha(image.data, rgb);
  return new RawImage(rgb, image.width, image.height, 3);
}

function repeatGrey(grey: Uint8Array, rgb: Uint8Array): void {
  for (let from = 0, to = 0; from < grey.length; from++, to += 3) {
    const value = grey[from]!;
    rgb[to] = value;
    rgb[to + 1] = value;
    rgb[to + 2] = value;
  }
}

function dropAlpha(rgba: Uint8Array, rgb: Uint8Array): void {
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    rgb[to] = rgba[from]!;
    rgb[to + 1] = rgba[from + 1]!;
    rgb[to + 2] = rgba[from + 2]!;
  }
}

/**
 * Pillow's AlphaComposite.c over an opaque white background, where its general formula with 7 extra bits comes down to
 * `colour * alpha + 255 * (255 - alpha)`, divided by 255 with rounding.
 */
function compositeOnWhite(rgba: Uint8Array, rgb: Uint8Array): void {
  for (let from = 0, to = 0; from < rgba.length; from += 4, to += 3) {
    const alpha = rgba[from + 3]!;
    const coefficient = alpha << EXTRA_BITS;
    const white = 255 * ((255 << EXTRA_BITS) - coefficient);
    rgb[to] = divide255(rgba[from]! * coefficient + white);
    rgb[to + 1] = divide255(rgba[from + 1]! * coefficient + white);
    rgb[to + 2] = divide255(rgba[from + 2]! * coefficient + white);
  }
}

const EXTRA_BITS = 7;

/** Pillow's SHIFTFORDIV255 of a rounded sum that carries `EXTRA_BITS` more bits. */
function divide255(sum: number): number {
  const rounded = sum + (0x80 << EXTRA_BITS);
  return ((rounded >> 8) + rounded) >> (8 + EXTRA_BITS);
}
