import { access, rename } from "node:fs/promises";
import sharp from "sharp";
import { synthesisePixels } from "./pixels.js";

/** Writes a picture of `synthesisePixels` as JPEG unless it is there. @returns `path` */
export async function writePhoto(path: string, width: number, height: number): Promise<string> {
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (isThere) return path;
  const image = sharp(synthesisePixels(width, height), { raw: { width, height, channels: 3 } });
  await image.jpeg({ quality: 90 }).toFile(`${path}.partial`);
  await rename(`${path}.partial`, path);
  return path;
}
