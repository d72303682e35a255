import { InternVLError, RawImage } from "@internvl/core";
import { Breather } from "../breather.js";
import { type Coefficients, cachedCoefficients } from "./coefficients.js";
import { PILImageResampling, type Resample } from "./filters.js";
import { fastestPasses } from "./passes.js";

/** Multiplications between two looks at the clock, about 4 ms of them. */
const WORK_PER_BAND = 4_000_000;

/**
 * Which pass comes first. Pillow up to 12 begins with the rows; Pillow 13 with the columns where that is less work (see
 * `columnsFirst`). Bytes between the passes are rounded, so that the results differ.
 */
export type PassOrder = "pillow_12" | "pillow_13";

export interface ResizeOptions {
  /** Default BICUBIC. */
  resample?: Resample;
  /** Default `"pillow_12"`, which the original's numbers were made with. */
  passes?: PassOrder;
  signal?: AbortSignal;
}

/**
 * Resizes an RGB image to the bytes that `PIL.Image.resize((width, height), resample)` gives: two passes, 8 bits
 * between them.
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
  const { resample = PILImageResampling.BICUBIC, passes = "pillow_12", signal } = options;
  return resizeRgb(image, width, height, { resample, passes }, new Breather(signal));
}

/** `resize` for callers that have checked their arguments and share a breather. */
export async function resizeRgb(
  image: RawImage,
  width: number,
  height: number,
  { resample, passes }: Required<Pick<ResizeOptions, "resample" | "passes">>,
  breather: Breather,
): Promise<RawImage> {
  if (width === image.width && height === image.height) return image;
  const horizontal = width === image.width ? undefined : cachedCoefficients(image.width, width, resample);
  const vertical = height === image.height ? undefined : cachedCoefficients(image.height, height, resample);
  await breather.breathe();
  const whole: Strip = { data: image.data, width: image.width, top: 0 };
  let strip: Strip;
  if (passes === "pillow_13" && horizontal && vertical && columnsFirst(image, width, height)) {
    strip = await horizontalPass(await verticalPass(whole, vertical, breather), 0, height, horizontal, breather);
  } else {
    // Only the rows that the vertical pass looks at.
    const [from, to] = vertical === undefined ? [0, image.height] : rowsReadBy(vertical);
    strip = horizontal === undefined ? whole : await horizontalPass(whole, from, to, horizontal, breather);
    if (vertical !== undefined) strip = await verticalPass(strip, vertical, breather);
  }
  return new RawImage(strip.data, width, height, 3);
}

/** Pillow 13's rule (ImagingResampleInner in Resample.c): more than twice as many rows are lost as columns. */
function columnsFirst(image: RawImage, width: number, height: number): boolean {
  const lost = image.height - height;
  return lost > 0 && lost > 2 * (image.width - width);
}

/** Whole rows of a picture. */
interface Strip {
  data: Uint8Array;
  width: number;
  /** The picture's row that `data` begins with. */
  top: number;
}

/** The rows `from` to before `to` of a picture, given whole. */
async function horizontalPass(
  { data, width }: Strip,
  from: number,
  to: number,
  coefficients: Coefficients,
  breather: Breather,
): Promise<Strip> {
  const newWidth = coefficients.first.length;
  const target = new Uint8ClampedArray(newWidth * 3 * (to - from));
  const passes = fastestPasses();
  for (const [start, end] of bands(from, to, newWidth, coefficients)) {
    await breather.breathe();
    passes.horizontalRows(data, width, target, from, start, end, coefficients);
  }
  return { data: asBytes(target), width: newWidth, top: from };
}

async function verticalPass(
  { data, width, top }: Strip,
  coefficients: Coefficients,
  breather: Breather,
): Promise<Strip> {
  const height = coefficients.first.length;
  const target = new Uint8ClampedArray(width * 3 * height);
  const passes = fastestPasses();
  for (const [start, end] of bands(0, height, width, coefficients)) {
    await breather.breathe();
    passes.verticalRows(data, top, width * 3, target, start, end, coefficients);
  }
  return { data: asBytes(target), width, top: 0 };
}

/** The first row, and the one behind the last, that a vertical pass looks at. */
function rowsReadBy({ first, count }: Coefficients): [from: number, to: number] {
  return [first[0]!, first.at(-1)! + count.at(-1)!];
}

/** Splits rows into bands of `WORK_PER_BAND`. The taps of enlarging filters are few, those of shrinking ones many. */
function* bands(from: number, to: number, width: number, { taps }: Coefficients): Generator<[number, number]> {
  const rows = Math.max(Math.floor(WORK_PER_BAND / (width * 3 * taps)), 1);
  for (let row = from; row < to; row += rows) yield [row, Math.min(row + rows, to)];
}

function asBytes(clamped: Uint8ClampedArray<ArrayBuffer>): Uint8Array {
  return new Uint8Array(clamped.buffer);
}
