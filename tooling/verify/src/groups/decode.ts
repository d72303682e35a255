import { decodeOriginal, type ImagesJson, NO_PICTURE, readReference } from "../golden/pictures.js";
import { sha256 } from "../hash.js";
import type { Group } from "./group.js";

/** rgb_mean is rounded to six decimals. */
const MEAN_TOLERANCE = 1e-6;

/** Pictures become the bytes that the original loader (Pillow) gives. */
export const decode: Group = async ({ golden, platform, report }) => {
  const json = await golden.json<ImagesJson>("images.json");
  if (json === undefined) return report.skip("no images.json");
  for (const row of json.images) {
    const read = golden.picture(row.file);
    if (read === undefined) {
      report.skip(NO_PICTURE);
      continue;
    }
    await report.attempt(row.file, async () => {
      const picture = await read();
      report.same(`${row.file} sha256 of the file`, await sha256(picture), row.sha256);
      const { data, width, height } = await decodeOriginal(platform.runtime.media, picture);
      report.same(`${row.file} size`, [width, height], [row.width, row.height]);
      const samples = row.rgb_samples.map(([x, y]) => [x, y, ...data.subarray(3 * (y! * width + x!)).subarray(0, 3)]);
      report.same(`${row.file} pixels`, samples, row.rgb_samples);
      report.close(`${row.file} rgb_mean`, channelMeans(data), row.rgb_mean, MEAN_TOLERANCE);
      report.same(`${row.file} rgb_sha256`, await sha256(data), row.rgb_sha256);
      if (row.decoded_png !== undefined) {
        const reference = await readReference(golden, row.decoded_png);
        report.same(row.decoded_png, differingBytes(data, reference.data), 0);
      }
    });
  }
};

function channelMeans(rgb: Uint8Array): number[] {
  const sums = [0, 0, 0];
  for (let index = 0; index < rgb.length; index++) sums[index % 3]! += rgb[index]!;
  return sums.map((sum) => sum / (rgb.length / 3));
}

function differingBytes(got: Uint8Array, expected: Uint8Array): number {
  const common = expected.filter((byte, index) => byte === got[index]).length;
  return Math.max(got.length, expected.length) - common;
}
