import { InternVLError, RawImage } from "@internvl/core";
import { damaged } from "./dimensions.js";
import type { ImageFormat } from "./formats.js";
import { readWithWebGl } from "./webgl.js";

/** The bytes of the file and nothing else: no colour profile, no multiplication by alpha. */
const UNTOUCHED: ImageBitmapOptions = { colorSpaceConversion: "none", premultiplyAlpha: "none" };

/**
 * Decodes the first frame with the browser, to RGBA that is not premultiplied.
 *
 * A 2D canvas gives back the bytes of an opaque picture; it multiplies by alpha and divides again, so what is transparent
 * anywhere goes through a WebGL texture, which does not.
 */
export async function decodeBitmap(
  bytes: Uint8Array<ArrayBuffer>,
  format: ImageFormat,
  name: string,
): Promise<RawImage> {
  const blob = new Blob([bytes], { type: `image/${format}` });
  const bitmap = await createImageBitmap(blob, UNTOUCHED).catch((cause: unknown) => {
    throw damaged(name, format, cause);
  });
  try {
    const { width, height } = bitmap;
    const pixels = readWithCanvas(bitmap, name);
    return new RawImage(isOpaque(pixels) ? pixels : await readWithWebGl(bitmap, UNTOUCHED), width, height, 4);
  } finally {
    bitmap.close();
  }
}

function readWithCanvas(bitmap: ImageBitmap, name: string): Uint8ClampedArray {
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  try {
    if (context === null) throw new Error("the browser gave no canvas");
    context.drawImage(bitmap, 0, 0);
    return context.getImageData(0, 0, width, height).data;
  } catch (cause) {
    throw new InternVLError("IMAGE_TOO_LARGE", {
      what: `The browser cannot hold the ${width} x ${height} pixels of ${name}: ${(cause as Error).message}`,
      fix: "Scale the picture down.",
      cause,
    });
  }
}

function isOpaque(rgba: Uint8ClampedArray): boolean {
  for (let at = 3; at < rgba.length; at += 4) if (rgba[at] !== 255) return false;
  return true;
}
