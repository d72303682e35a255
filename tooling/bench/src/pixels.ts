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
