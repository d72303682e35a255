import { createHash } from "node:crypto";
import { RawImage } from "@internvl/core";

/** The image that test/fixtures/make.py makes by the same formula. */
export function formulaImage(width: number, height: number, channels: 1 | 3 | 4 = 3): RawImage {
  const data = new Uint8Array(width * height * channels);
  let at = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++) {
        data[at++] = ((x * x * 3 + y * y * 5 + x * y * 7 + c * 83 + (x & 3) * 401) >> 4) & 255;
      }
    }
  }
  return new RawImage(data, width, height, channels);
}

export function plainImage(width: number, height: number, colour: readonly [number, number, number]): RawImage {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, index) => colour[index % 3]!);
  return new RawImage(data, width, height, 3);
}

export function sha256(bytes: Uint8Array | Float32Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
