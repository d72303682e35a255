import { type MediaDecoder, RawImage } from "@internvl/core";
import { decode as decodePng } from "fast-png";
import type { GroupContext } from "../groups/group.js";
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
export function decodeOriginal(media: MediaDecoder, picture: Uint8Array): Promise<RawImage> {
  return media.decodeImage(picture, { alpha: "drop", exif: "ignore" });
}

/** Reads a reference PNG without the decoder that is being checked. */
export async function readReference(golden: GoldenFolder, path: string): Promise<RawImage> {
  const { data, width, height, channels, depth } = decodePng(await golden.read(path));
  if (channels !== 3 || depth !== 8) throw new Error(`${path} is not an RGB picture of 8 bits`);
  return new RawImage(data as Uint8Array, width, height, channels);
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

/**
 * The first frames of an animation, or, where the animation itself is not here, the tiles that were made of them: a resize
 * to the size that a tile has changes nothing.
 *
 * @param size pixels along one side of a tile
 */
export async function readFrames(
  { golden, platform }: Pick<GroupContext, "golden" | "platform">,
  file: string,
  count: number,
  size: number,
): Promise<RawImage[] | undefined> {
  const frames = Array.from({ length: count }, (_, index) => index);
  const read = golden.picture(file);
  if (read !== undefined) {
    const video = await platform.runtime.media.openVideo(await read(), { alpha: "drop" });
    const decoded: RawImage[] = [];
    for await (const frame of video.frames(frames)) decoded.push(frame);
    return decoded;
  }
  const tiles = frames.map((frame) => `tiny/inputs/${file}.f${frame}.max1.size${size}.png`);
  return tiles.every((tile) => golden.has(tile))
    ? Promise.all(tiles.map((tile) => readReference(golden, tile)))
    : undefined;
}
