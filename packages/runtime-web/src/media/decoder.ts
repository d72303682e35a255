import { InternVLError, MAX_IMAGE_PIXELS, type MediaDecoder, RawImage, throwIfAborted, toRgb } from "@internvl/core";
import { assertPixels, readDimensions } from "./dimensions.js";
import { readOrientation, withoutOrientation } from "./exif.js";
import { decodePixels } from "./pixels.js";
import { sniffImage } from "./sniff.js";
import { readSource } from "./source.js";
import { turn } from "./turn.js";

/**
 * Pictures with `createImageBitmap`, to the bytes that Pillow gives: JPEG, PNG, WebP, GIF, BMP. AVIF is decoded as well.
 *
 * The picture is turned here and not by the browser, which cannot be told to leave it as it is.
 */
export const webMedia: MediaDecoder = {
  async decodeImage(source, options = {}) {
    const { signal, alpha = "composite", exif = "apply", max_pixels = MAX_IMAGE_PIXELS } = options;
    throwIfAborted(signal, "Decoding the picture was aborted");
    if (isRawImage(source)) return toRgb(source, alpha);
    const { bytes, name } = await readSource(source, signal);
    const format = sniffImage(bytes, name);
    assertPixels(readDimensions(bytes, format, name), name, max_pixels);
    const orientation = readOrientation(bytes, format);
    const upright = orientation === undefined ? new Uint8Array(bytes) : withoutOrientation(bytes, orientation);
    const image = await decodePixels(upright, format, name, alpha);
    throwIfAborted(signal, "Decoding the picture was aborted");
    return turn(image, exif === "apply" ? (orientation?.value ?? 1) : 1);
  },

  async openVideo() {
    throw new InternVLError("UNSUPPORTED", {
      what: "Videos are not decoded in the browser yet",
      fix: "Decode the frames in the page and pass them as pictures.",
    });
  },
};

/** By shape: the picture may come from another copy of core. */
function isRawImage(source: unknown): source is RawImage {
  return source instanceof RawImage || (typeof source === "object" && source !== null && "channels" in source);
}
