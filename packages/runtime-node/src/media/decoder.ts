import {
  assertImageFormat,
  decodeSettings,
  type ImageFormat,
  type MediaDecoder,
  RawImage,
  throwIfAborted,
  toRgb,
} from "@internvl/core";
import { decodeBmp } from "./bmp.js";
import { decodeWithSharp } from "./sharp.js";
import { readSource } from "./source.js";

const DECODED: readonly ImageFormat[] = ["jpeg", "png", "webp", "gif", "tiff", "bmp", "avif"];

/**
 * Pictures with sharp (BMP with our own code), to the bytes that Pillow gives: JPEG, PNG, WebP, GIF, TIFF, BMP. AVIF is
 * decoded as well, but its colours differ from Pillow's by up to 27 levels, because libheif and libavif upsample chroma
 * differently. HEIC and SVG are refused.
 *
 * Videos by their key frames, see video/.
 */
export const nodeMedia: MediaDecoder = {
  async decodeImage(source, options = {}) {
    const { signal } = options;
    const settings = decodeSettings(options);
    const { alpha, max_pixels } = settings;
    throwIfAborted(signal, "Decoding the picture was aborted");
    if (isRawImage(source)) return toRgb(source, alpha);
    const { bytes, name } = await readSource(source, signal);
    const format = assertImageFormat(bytes, name, DECODED);
    const image =
      format === "bmp" ? decodeBmp(bytes, name, max_pixels) : await decodeWithSharp(bytes, name, format, settings);
    throwIfAborted(signal, "Decoding the picture was aborted");
    return toRgb(image, alpha);
  },

  async openVideo(source, options = {}) {
    // mediabunny is large: a program that never opens a video does not load it.
    const { openVideo } = await import("./video/open-video.js");
    return openVideo(source, decodeSettings(options), options, nodeMedia.decodeImage);
  },
};

/** By shape: the picture may come from another copy of core. */
function isRawImage(source: unknown): source is RawImage {
  return source instanceof RawImage || (typeof source === "object" && source !== null && "channels" in source);
}
