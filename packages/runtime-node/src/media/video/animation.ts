import { assertPixels, type DecodeSettings, RawImage, toRgb, type VideoReader } from "@internvl/core";
import { animationMetadata, damagedAnimation, frameListReader } from "@internvl/video";
import { lazyModule } from "../../load-module.js";

const loadSharp: () => Promise<typeof import("sharp")["default"]> = lazyModule(
  "sharp",
  async () => (await import("sharp")).default,
);

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
  const refuse = (cause: unknown): never => {
    throw damagedAnimation(name, cause);
  };
  const settings = { ignoreIcc: true, failOn: "truncated", limitInputPixels: false } as const;
  const source = await sharp(input, settings).metadata().catch(refuse);
  const { width, pages = 1, delay } = source;
  const height = source.pageHeight ?? source.height;
  assertPixels(width, height, name, max_pixels);
  const times = Array.from({ length: pages }, (_, page) => delay?.[page] ?? 0);
  return frameListReader(animationMetadata(times, width, height), async (page) => {
    const image = sharp(input, { ...settings, page }).toColourspace("srgb");
    const { data, info } = await (alpha === "drop" ? image.removeAlpha() : image)
      .raw()
      .toBuffer({ resolveWithObject: true })
      .catch(refuse);
    return toRgb(new RawImage(new Uint8Array(data), info.width, info.height, info.channels as 1 | 3 | 4), alpha);
  });
}
