import type { ImageProcessorSettings } from "./options.js";

/** For red, green and blue: the float32 that each byte becomes. */
export type ByteTables = readonly [Float32Array, Float32Array, Float32Array];

/**
 * What rescaling and normalising make of each of the 256 bytes, in Transformers' order of operations and precision:
 * the byte times `rescale_factor` in double precision, rounded to float32; minus the mean; divided by the standard
 * deviation, each rounded to float32. For 1/255 this is bit for bit what `ToTensor` and `Normalize` give.
 */
export function byteTables(settings: ImageProcessorSettings): ByteTables {
  const { do_rescale, rescale_factor, do_normalize, image_mean, image_std } = settings;
  const table = (channel: 0 | 1 | 2): Float32Array => {
    const mean = Math.fround(image_mean[channel]);
    const std = Math.fround(image_std[channel]);
    return Float32Array.from({ length: 256 }, (_, byte) => {
      const scaled = Math.fround(do_rescale ? byte * rescale_factor : byte);
      return do_normalize ? Math.fround(Math.fround(scaled - mean) / std) : scaled;
    });
  };
  return [table(0), table(1), table(2)];
}

/** A rectangle of an RGB image. */
export interface View {
  data: Uint8Array;
  /** Bytes from one row to the next. */
  stride: number;
  /** Bytes from the start of `data` to the first pixel. */
  offset: number;
  width: number;
  height: number;
}

/** Writes a view as `[3, height, width]` (or `[height, width, 3]`) float32 into `target` from `start` on. */
export function writeTile(
  view: View,
  tables: ByteTables,
  target: Float32Array,
  start: number,
  layout: ImageProcessorSettings["data_format"],
): void {
  const [reds, greens, blues] = tables;
  const { data, stride, offset, width, height } = view;
  const planar = layout === "channels_first";
  const plane = planar ? width * height : 1;
  const step = planar ? 1 : 3;
  let out = start;
  for (let row = 0; row < height; row++) {
    const begin = offset + row * stride;
    const end = begin + width * 3;
    for (let at = begin; at < end; at += 3, out += step) {
      target[out] = reds[data[at]!]!;
      target[out + plane] = greens[data[at + 1]!]!;
      target[out + 2 * plane] = blues[data[at + 2]!]!;
    }
  }
}
