import {
  type DecodeOptions,
  MAX_IMAGE_PIXELS,
  type MediaDecoder,
  RawImage,
  throwIfAborted,
  toRgb,
} from "@internvl/core";
import { decodeBmp } from "./bmp.js";
import { decodeWithSharp } from "./sharp.js";
import { assertSupported, sniffImage } from "./sniff.js";
import { readSource } from "./source.js";

/** How a picture is decoded, every choice made. */
export type DecodeSettings = Required<Omit<DecodeOptions, "signal">>;

/**
 * Pictures with sharp (BMP with our own code), to the bytes that Pillow gives: JPEG, PNG, WebP, GIF, TIFF, BMP. AVIF is
 * decoded as well, but its colours differ from Pillow's by up to 27 levels, because libheif and libavif upsample chroma
 * differently. HEIC and SVG are refused.
 *
 * Videos by their key frames, see video/.
 */
export const nodeMedia: MediaDecoder = {
  async decodeImage(source, options = {}) {
    const { signal, alpha = "composite", exif = "apply", max_pixels = MAX_IMAGE_PIXELS } = options;
    throwIfAborted(signal, "Decoding the picture was aborted");
    if (isRawImage(source)) return toRgb(source, alpha);
    const { bytes, name } = await readSource(source, signal);
    const format = assertSupported(sniffImage(bytes), bytes, name);
    const settings: DecodeSettings = { alpha, exif, max_pixels };
    const image =
      format === "bmp" ? decodeBmp(bytes, name, max_pixels) : await decodeWithSharp(bytes, name, format, settings);
    throwIfAborted(signal, "Decoding the picture was aborted");
    return toRgb(image, alpha);
  },

  async openVideo(source, options = {}) {
    // mediabunny is large: a program that never opens a video does not load it.
    const { openVideo } = await import("./video/open-video.js");
    const { alpha = "composite", exif = "apply", max_pixels = MAX_IMAGE_PIXELS } = options;
    return openVideo(source, { alpha, exif, max_pixels }, options, nodeMedia.decodeImage);
  },
};

/** By shape: the picture may come from another copy of core. */
function isRawImage(source: unknown): source is RawImage {
  return source instanceof RawImage || (typeof source === "object" && source !== null && "channels" in source);
}
