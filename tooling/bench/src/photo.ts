import { access, rename } from "node:fs/promises";
import sharp from "sharp";
import { randomBits } from "./random.js";

/** Grey levels of noise: with it the JPEG compresses about as a photograph does. */
const NOISE = 16;

/** Gradients under noise, RGB, row-major: what a camera sees of nothing in particular. */
export function synthesisePixels(width: number, height: number, seed: number = 0): Uint8Array {
  const bits = randomBits(seed);
  const pixels = new Uint8Array(width * height * 3);
  let at = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const noise = bits();
      const wave = 40 * Math.sin((x + y) / 37);
      pixels[at++] = 40 + (150 * x) / width + wave + (noise % NOISE);
      pixels[at++] = 40 + (150 * y) / height + wave + ((noise >>> 8) % NOISE);
      pixels[at++] = 40 + (75 * (x + y)) / (width + height) + wave + ((noise >>> 16) % NOISE);
    }
  }
  return pixels;
}

/** Writes such a picture as JPEG unless it is there. @returns `path` */
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
