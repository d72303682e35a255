import {
  assertImageFormat,
  assertPixels,
  decodeSettings,
  type MediaDecoder,
  RawImage,
  readEncodedImage,
  throwIfAborted,
  toRgb,
  turn,
} from "@internvl/core";
import { readDimensions } from "./dimensions.js";
import { readOrientation, withoutOrientation } from "./exif.js";
import { DECODED } from "./formats.js";
import { decodePixels } from "./pixels.js";
import { SOURCES } from "./source.js";

/**
 * Pictures with `createImageBitmap`, to the bytes that Pillow gives: JPEG, PNG, WebP, GIF, BMP. AVIF is decoded as well.
 *
 * The picture is turned here and not by the browser, which cannot be told to leave it as it is.
 */
export const webMedia: MediaDecoder = {
  async decodeImage(source, options = {}) {
    const { signal } = options;
    const { alpha, exif, max_pixels } = decodeSettings(options);
    throwIfAborted(signal, "Decoding the picture was aborted");
    if (isRawImage(source)) return toRgb(source, alpha);
    const { bytes, name } = await readEncodedImage(source, SOURCES, signal);
    const format = assertImageFormat(bytes, name, DECODED);
    const { width, height } = readDimensions(bytes, format, name);
    assertPixels(width, height, name, max_pixels);
    const orientation = readOrientation(bytes, format);
    const upright = orientation === undefined ? new Uint8Array(bytes) : withoutOrientation(bytes, orientation);
    const image = await decodePixels(upright, format, name, alpha);
    throwIfAborted(signal, "Decoding the picture was aborted");
    return turn(image, exif === "apply" ? (orientation?.value ?? 1) : 1);
  },

  async openVideo(source, options = {}) {
    // mediabunny is large: a page that never opens a video does not load it.
    const { openVideo } = await import("./video/open-video.js");
    return openVideo(source, decodeSettings(options), options);
  },
};

/** By shape: the picture may come from another copy of core. */
function isRawImage(source: unknown): source is RawImage {
  return source instanceof RawImage || (typeof source === "object" && source !== null && "channels" in source);
}
