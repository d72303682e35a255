import { InternVLError, type LongCallOptions, RawImage, Tensor, toRgb } from "@internvl/core";
import { Breather } from "./breather.js";
import { byteTables, type View, writeTile } from "./normalise.js";
import type { ImageProcessorSettings, Size } from "./options.js";
import { resizeRgb } from "./pillow/resize.js";
import { checkPatches } from "./settings.js";
import { chooseGrid } from "./tiling/grid.js";

/** What the model takes. */
export interface ImageFeatures {
  /** float32 `[total tiles, 3, H, W]`, or `[total tiles, H, W, 3]` for `"channels_last"`. */
  pixel_values: Tensor;
  /** Tiles of each image, its thumbnail counted; they follow each other in `pixel_values` in this order. */
  num_patches: number[];
}

/**
 * The most float32 values of one result: their bytes, 2 GB, can still be counted in a signed 32-bit number, which is
 * how far a tensor can be trusted to go in WebAssembly's 32-bit memory.
 */
export const MAX_VALUES: number = 2 ** 29 - 1;

/** How one image is cut: `columns * rows` tiles from left to right, then down, and the thumbnail last. */
interface Plan {
  image: RawImage;
  columns: number;
  rows: number;
  tiles: number;
}

/** The grid of an image and how many tiles that makes. */
export function planTiles(width: number, height: number, settings: ImageProcessorSettings): Omit<Plan, "image"> {
  if (!settings.crop_to_patches) return { columns: 1, rows: 1, tiles: 1 };
  const [columns, rows] = chooseGrid(width, height, { ...settings, tile: settings.dynamic_size });
  const cut = columns * rows;
  return { columns, rows, tiles: cut > 1 && settings.use_thumbnail ? cut + 1 : cut };
}

/** Cuts, resizes and normalises images into one tensor. */
export async function preprocessImages(
  images: readonly RawImage[],
  settings: ImageProcessorSettings,
  { signal, progress_callback }: LongCallOptions,
): Promise<ImageFeatures> {
  const breather = new Breather(signal);
  await breather.breathe();
  const plans = images.map((image): Plan => ({ image, ...planTiles(image.width, image.height, settings) }));
  const num_patches = plans.map(({ tiles }) => tiles);
  const total = num_patches.reduce((sum, tiles) => sum + tiles, 0);
  const tile = tileSize(images, settings);
  const values = allocate(total, tile, settings);
  // Tens of megabytes at once make a collector look for garbage, for as long as a piece of work or longer.
  await breather.turn();
  const tables = byteTables(settings);
  await breather.breathe();

  let done = 0;
  for (const plan of plans) {
    const rgb = rgbOf(plan.image, settings);
    for await (const view of cutTiles(rgb, plan, settings, breather)) {
      writeTile(view, tables, values, done * tile.width * tile.height * 3, settings.data_format);
      done++;
      progress_callback?.({ stage: "preprocess", loaded: done, total, unit: "tiles" });
      await breather.breathe();
    }
  }
  const dims =
    settings.data_format === "channels_first"
      ? [total, 3, tile.height, tile.width]
      : [total, tile.height, tile.width, 3];
  return { pixel_values: new Tensor("float32", values, dims), num_patches };
}

/** The size that every tile of a result has. */
function tileSize(images: readonly RawImage[], settings: ImageProcessorSettings): Size {
  if (settings.do_resize) return settings.size;
  if (settings.crop_to_patches) return settings.dynamic_size;
  const { width, height } = images[0]!;
  const other = images.find((image) => image.width !== width || image.height !== height);
  if (other !== undefined) {
    throw new InternVLError("INPUT_INVALID", {
      what: "Images of different sizes do not fit into one tensor",
      expected: `${width} x ${height} for all`,
      got: `${other.width} x ${other.height}`,
      fix: "Leave do_resize or crop_to_patches on, or preprocess the images one by one.",
    });
  }
  checkPatches({ width, height }, settings);
  return { width, height };
}

/** Refuses what would not fit into memory, uncut canvases included, before anything large is allocated. */
function allocate(tiles: number, tile: Size, settings: ImageProcessorSettings): Float32Array {
  const cut = settings.crop_to_patches ? settings.dynamic_size : tile;
  const larger = cut.width * cut.height > tile.width * tile.height ? cut : tile;
  const most = tiles * larger.width * larger.height * 3;
  if (most <= MAX_VALUES) return new Float32Array(tiles * tile.width * tile.height * 3);
  throw new InternVLError("INPUT_INVALID", {
    what: `${tiles} tiles of ${larger.width} x ${larger.height} are too many for one tensor`,
    expected: `at most ${MAX_VALUES} values, 2 GB`,
    got: String(most),
    fix: "Preprocess fewer images at a time, or lower max_tiles or size.",
  });
}

function rgbOf(image: RawImage, settings: ImageProcessorSettings): RawImage {
  if (settings.do_convert_rgb || image.channels === 3) return toRgb(image, settings.alpha);
  throw new InternVLError("IMAGE_INVALID", {
    what: "An image is not RGB and do_convert_rgb is off",
    expected: "3 channels",
    got: String(image.channels),
    fix: "Leave do_convert_rgb on.",
  });
}

async function* cutTiles(
  image: RawImage,
  { columns, rows, tiles }: Omit<Plan, "image">,
  settings: ImageProcessorSettings,
  breather: Breather,
): AsyncGenerator<View> {
  const resized = (from: RawImage, size: Size): Promise<RawImage> =>
    resizeRgb(from, size.width, size.height, settings, breather);
  const finished = async (cut: RawImage): Promise<View> =>
    wholeView(settings.do_resize ? await resized(cut, settings.size) : cut);

  if (!settings.crop_to_patches) {
    yield await finished(image);
    return;
  }
  const { width, height } = settings.dynamic_size;
  const canvas = await resized(image, { width: columns * width, height: rows * height });
  const asCut = !settings.do_resize || (settings.size.width === width && settings.size.height === height);
  for (let index = 0; index < columns * rows; index++) {
    const x = (index % columns) * width;
    const y = Math.floor(index / columns) * height;
    const view = { ...wholeView(canvas), offset: (y * canvas.width + x) * 3, width, height };
    yield asCut ? view : await finished(copyView(view));
  }
  if (tiles > columns * rows) yield await finished(await resized(image, { width, height }));
}

function wholeView({ data, width, height }: RawImage): View {
  return { data, stride: width * 3, offset: 0, width, height };
}

function copyView({ data, stride, offset, width, height }: View): RawImage {
  const copy = new Uint8Array(width * height * 3);
  for (let row = 0; row < height; row++) {
    const begin = offset + row * stride;
    copy.set(data.subarray(begin, begin + width * 3), row * width * 3);
  }
  return new RawImage(copy, width, height, 3);
}
