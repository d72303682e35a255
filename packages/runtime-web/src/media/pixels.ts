import {
  type AlphaMode,
  paintAroundFrame,
  type RawImage,
  readGifFrame,
  toRgb,
  withoutTransparency,
} from "@internvl/core";
import { decodeBitmap } from "./bitmap.js";
import { roundDownBmp16 } from "./bmp16.js";
import type { ImageFormat } from "./formats.js";
import { clipSamples, isGrey16, isRgb16, splitSamples } from "./png16.js";

/** The first frame as RGB with Pillow's bytes: the browser's decoder, and what has to be done around it for each format. */
export async function decodePixels(
  bytes: Uint8Array<ArrayBuffer>,
  format: ImageFormat,
  name: string,
  alpha: AlphaMode,
): Promise<RawImage> {
  if (format === "gif") return decodeGif(bytes, name, alpha);
  if (format === "png" && isGrey16(bytes)) {
    return toRgb(clipSamples(await decodeBitmap(splitSamples(bytes), format, name), bytes, alpha));
  }
  const image = await decodeBitmap(bytes, format, name);
  if (format === "bmp") roundDownBmp16(image, bytes);
  return toRgb(image, format === "png" && isRgb16(bytes) ? "drop" : alpha);
}

async function decodeGif(bytes: Uint8Array<ArrayBuffer>, name: string, alpha: AlphaMode): Promise<RawImage> {
  const frame = readGifFrame(bytes);
  const shown = frame !== undefined && alpha === "drop" ? withoutTransparency(bytes, frame) : bytes;
  const image = await decodeBitmap(shown, "gif", name);
  if (frame !== undefined) paintAroundFrame(image, frame);
  return toRgb(image, alpha);
}
