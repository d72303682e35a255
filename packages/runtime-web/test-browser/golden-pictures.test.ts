import { InternVL2_5ImageProcessor } from "@internvl/image-processor";
import { webMedia } from "@internvl/runtime-web";
import { describe, expect, it } from "vitest";
import golden from "../../../tooling/verify/fixtures/images.json";
import preprocess from "../../../tooling/verify/fixtures/preprocess.json";
import { sha256 } from "./sha256.js";

const decode = (name: string) =>
  webMedia.decodeImage(new URL(`../../../tooling/verify/fixtures/images/${name}`, import.meta.url), {
    alpha: "drop",
    exif: "ignore",
  });

describe("the reference pictures, as OpenGVLab's original code reads them", () => {
  it.each(golden.images)("$file", async ({ file, width, height, rgb_sha256 }) => {
    const image = await decode(file);
    expect(image.size).toEqual([width, height]);
    expect(await sha256(image.data)).toBe(rgb_sha256);
  });
});

describe("their pixel_values, bit for bit", () => {
  it.each(preprocess.cases)("$file, $min to $max tiles of $size", async ({ file, min, max, size, thumb, orig }) => {
    const processor = new InternVL2_5ImageProcessor({
      size: { height: size, width: size },
      min_patches: min,
      max_patches: max,
      use_thumbnail: thumb,
      crop_to_patches: true,
    });
    const { pixel_values } = await processor([await decode(file)]);
    const values = pixel_values.data as Float32Array;
    const floats = 3 * size * size;
    const hashes = orig.f32_sha256.map((_, tile) =>
      sha256(new Uint8Array(values.slice(tile * floats, (tile + 1) * floats).buffer)),
    );
    expect(values.length).toBe(hashes.length * floats);
    expect(await Promise.all(hashes)).toEqual(orig.f32_sha256);
  });
});
