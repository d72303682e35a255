import { InternVLError, RawImage } from "@internvl/core";
import { Breather } from "../breather.js";
import { type Coefficients, cachedCoefficients } from "./coefficients.js";
import { PILImageResampling, type Resample } from "./filters.js";
import { horizontalRows, verticalRows } from "./passes.js";

/** Multiplications between two looks at the clock, about 4 ms of them. */
const WORK_PER_BAND = 4_000_000;

export interface ResizeOptions {
  /** Default BICUBIC. */
  resample?: Resample;
  signal?: AbortSignal;
}

/**
 * Resizes an RGB image to the bytes that `PIL.Image.resize((width, height), resample)` gives (Pillow up to 12.2:
 * horizontal pass first, 8 bits between the passes).
 *
 * @returns a new image, or `image` itself when it has that size already
 * @throws InternVLError `IMAGE_INVALID` (not RGB), `INPUT_INVALID` (an empty size), `UNSUPPORTED` (the filter), `ABORTED`
 */
export async function resize(
  image: RawImage,
  width: number,
  height: number,
  options: ResizeOptions = {},
): Promise<RawImage> {
  if (image.channels !== 3) {
    throw new InternVLError("IMAGE_INVALID", {
      what: "Only RGB images are resized",
      expected: "3 channels",
      got: String(image.channels),
      fix: "Pass the image through toRgb of @internvl/core first.",
    });
  }
  if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1) {
    throw new InternVLError("INPUT_INVALID", {
      what: "An image cannot be resized to this size",
      expected: "a whole width and height of at least 1",
      got: `${width} x ${height}`,
    });
  }
  return resizeRgb(image, width, height, options.resample ?? PILImageResampling.BICUBIC, new Breather(options.signal));
}

/** `resize` for callers that have checked their arguments and share a breather. */
export async function resizeRgb(
  image: RawImage,
  width: number,
  height: number,
  resample: Resample,
  breather: Breather,
): Promise<RawImage> {
  const horizontal = width === image.width ? undefined : cachedCoefficients(image.width, width, resample);
  const vertical = height === image.height ? undefined : cachedCoefficients(image.height, height, resample);
  let rows: Uint8Array = image.data;
  let firstRow = 0;

  if (horizontal !== undefined) {
    // Only the rows that the vertical pass looks at.
    const lastRow = vertical === undefined ? image.height : vertical.first[height - 1]! + vertical.count[height - 1]!;
    firstRow = vertical === undefined ? 0 : vertical.first[0]!;
    const target = new Uint8ClampedArray(width * 3 * (lastRow - firstRow));
    for (const [from, to] of bands(firstRow, lastRow, width, horizontal)) {
      horizontalRows(image.data, image.width, target, firstRow, from, to, horizontal);
      await breather.breathe();
    }
    rows = asBytes(target);
  }
  if (vertical !== undefined) {
    const target = new Uint8ClampedArray(width * 3 * height);
    for (const [from, to] of bands(0, height, width, vertical)) {
      verticalRows(rows, firstRow, width * 3, target, from, to, vertical);
      await breather.breathe();
    }
    rows = asBytes(target);
  }
  return horizontal === undefined && vertical === undefined ? image : new RawImage(rows, width, height, 3);
}

/** Splits rows into bands of `WORK_PER_BAND`. The taps of enlarging filters are few, those of shrinking ones many. */
function* bands(from: number, to: number, width: number, { taps }: Coefficients): Generator<[number, number]> {
  const rows = Math.max(Math.floor(WORK_PER_BAND / (width * 3 * taps)), 1);
  for (let row = from; row < to; row += rows) yield [row, Math.min(row + rows, to)];
}

function asBytes(clamped: Uint8ClampedArray<ArrayBuffer>): Uint8Array {
  return new Uint8Array(clamped.buffer);
}
