import { RawImage } from "@internvl/core";
import { nodeMedia } from "@internvl/runtime-node";
import sharp from "sharp";
import type { GoldenFolder } from "./folder.js";

/** images.json */
export interface ImagesJson {
  images: {
    file: string;
    sha256: string;
    width: number;
    height: number;
    rgb_sha256: string;
    rgb_mean: number[];
    /** `[x, y, red, green, blue]` */
    rgb_samples: number[][];
    /** The decoded picture as PNG, relative to the directory. */
    decoded_png?: string;
  }[];
}

/** Why a picture that is named cannot be checked. */
export const NO_PICTURE = "pictures of other projects, which are not here";

/** Decodes as the original loader does: transparency dropped, EXIF ignored. */
export function decodeOriginal(path: string): Promise<RawImage> {
  return nodeMedia.decodeImage(path, { alpha: "drop", exif: "ignore" });
}

/** Reads a reference PNG without the decoder that is being checked. */
export async function readReference(golden: GoldenFolder, path: string): Promise<RawImage> {
  const { data, info } = await sharp(golden.path(path)).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return new RawImage(data, info.width, info.height, info.channels as 1 | 3);
}

/** Reads a PNG that holds square tiles below each other. */
export async function readTiles(golden: GoldenFolder, path: string): Promise<RawImage[]> {
  const { data, width, height } = await readReference(golden, path);
  const bytes = width * width * 3;
  return Array.from(
    { length: height / width },
    (_, tile) => new RawImage(data.subarray(tile * bytes, (tile + 1) * bytes), width, width, 3),
  );
}
