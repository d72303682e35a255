import { assertPixels, type DecodeSettings, InternVLError, RawImage, toRgb, type VideoReader } from "@internvl/core";
import { frameListReader } from "@internvl/video";
import { lazyModule } from "../../load-module.js";

const loadSharp: () => Promise<typeof import("sharp")["default"]> = lazyModule(
  "sharp",
  async () => (await import("sharp")).default,
);

/** What a frame without a time gets, in milliseconds, as in browsers. */
const UNTIMED_MS = 100;

/**
 * The frames of a GIF or WebP, each as it is seen: what earlier frames left is under it.
 *
 * @param input a path or the bytes
 * @throws InternVLError `VIDEO_INVALID`, `IMAGE_TOO_LARGE`
 */
export async function openAnimation(
  input: string | Uint8Array,
  name: string,
  { alpha, max_pixels }: DecodeSettings,
): Promise<VideoReader> {
  const sharp = await loadSharp();
  const settings = { ignoreIcc: true, failOn: "truncated", limitInputPixels: false } as const;
  const source = await sharp(input, settings)
    .metadata()
    .catch((cause: unknown) => refuse(name, cause));
  const { width, pages = 1, delay } = source;
  const height = source.pageHeight ?? source.height;
  assertPixels(width, height, name, max_pixels);
  const times = Array.from({ length: pages }, (_, page) => delay?.[page] || UNTIMED_MS);
  const duration = times.reduce((sum, time) => sum + time, 0) / 1000;
  const metadata = { total_num_frames: pages, fps: pages / duration, width, height, duration };
  return frameListReader(metadata, async (page) => {
    const image = sharp(input, { ...settings, page }).toColourspace("srgb");
    const { data, info } = await (alpha === "drop" ? image.removeAlpha() : image)
      .raw()
      .toBuffer({ resolveWithObject: true })
      .catch((cause: unknown) => refuse(name, cause));
    return toRgb(new RawImage(new Uint8Array(data), info.width, info.height, info.channels as 1 | 3 | 4), alpha);
  });
}

function refuse(name: string, cause: unknown): never {
  const [reason] = (cause as Error).message.trim().split("\n");
  throw new InternVLError("VIDEO_INVALID", {
    what: `${name} is a damaged or cut off animation: ${reason}`,
    fix: "Copy or download the file again.",
    cause,
  });
}
