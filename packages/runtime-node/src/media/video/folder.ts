import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type DecodeSettings, InternVLError, type MediaDecoder, type RawImage, type VideoReader } from "@internvl/core";
import { frameListReader } from "@internvl/video";

const PICTURE = /\.(jpe?g|png|webp|gif|tiff?|bmp|avif)$/i;

/**
 * The pictures of a folder as frames, in the order of their names: `2.png` is in front of `10.png`.
 *
 * @throws InternVLError `VIDEO_INVALID` for a folder without pictures, and what `decodeImage` throws for the first
 */
export async function openFolder(
  folder: string,
  name: string,
  settings: DecodeSettings,
  decodeImage: MediaDecoder["decodeImage"],
): Promise<VideoReader> {
  const order = new Intl.Collator("en", { numeric: true });
  const files = (await readdir(folder)).filter((file) => PICTURE.test(file)).sort(order.compare);
  if (files.length === 0) {
    throw new InternVLError("VIDEO_INVALID", {
      what: `${name} is a folder without pictures`,
      expected: "a video file, or a folder whose pictures are the frames",
      got: "no JPEG, PNG, WebP, GIF, TIFF, BMP or AVIF in it",
    });
  }
  const read = (index: number, signal?: AbortSignal): Promise<RawImage> =>
    decodeImage(join(folder, files[index]!), { ...settings, signal });
  const { width, height } = await read(0);
  return frameListReader({ total_num_frames: files.length, fps: null, width, height, duration: null }, read);
}
