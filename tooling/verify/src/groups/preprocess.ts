import type { RawImage } from "@internvl/core";
import { chooseGrid, InternVL2_5ImageProcessor } from "@internvl/image-processor";
import { decodeOriginal, NO_PICTURE, readTiles } from "../golden/pictures.js";
import { hashAll } from "../hash.js";
import type { GroupReport } from "../report.js";
import { deviationOf, meanOf } from "../statistics.js";
import type { Group, GroupContext } from "./group.js";

interface TileStats {
  mean: number[];
  std: number[];
  s: number[];
}

interface ReferenceTiles {
  u8_sha256: string[];
  f32_sha256: string[];
  stats: TileStats[];
}

/** A run of Transformers' processor: its hashes and statistics are absent where they are the original's. */
interface TransformersTiles {
  tiles: number;
  u8_sha256?: string[];
  stats?: TileStats[];
}

/** A file as the original reads it, and laid on white: one object where that changes nothing. */
interface Pictures {
  original: RawImage;
  onWhite: RawImage;
}

/** Ours: `[3, S, S]` each, and what normalised them. */
interface Tiles {
  tiles: Float32Array[];
  processor: InternVL2_5ImageProcessor;
}

type Cut = (image: RawImage) => Promise<Tiles>;

type SamplePoint = [channel: number, y: number, x: number];

interface PreprocessCase {
  file: string;
  w: number;
  h: number;
  min: number;
  max: number;
  thumb: boolean;
  size: number;
  grid: [columns: number, rows: number];
  tiles: number;
  orig: ReferenceTiles;
  orig_pillow_13?: ReferenceTiles;
  hf_pil_rgb?: TransformersTiles;
  hf_pil_raw?: TransformersTiles;
  hf_tv_rgb?: TransformersTiles;
  hf_tv_raw?: TransformersTiles;
  full_tiles_png?: string;
}

interface PreprocessJson {
  /** By tile size: `[channel, y, x]`. */
  sample_points_cyx: Record<string, SamplePoint[]>;
  cases: PreprocessCase[];
}

/** Means, deviations and samples are rounded to six decimals; PyTorch sums in float32. */
const STATISTICS_TOLERANCE = 5e-6;
/** Grey levels between Pillow's resize, which ours is, and torchvision's, which rounds once instead of twice. */
const TORCHVISION_LEVELS = 2;

/** Tiles and pixel_values, bit for bit. */
export const preprocess: Group = async (context) => {
  const { golden, platform, report } = context;
  const { media } = platform.runtime;
  const json = await golden.json<PreprocessJson>("preprocess.json");
  if (json === undefined) return report.skip("no preprocess.json");
  for (const file of new Set(json.cases.map((row) => row.file))) {
    const read = golden.picture(file);
    const rows = json.cases.filter((row) => row.file === file);
    if (read === undefined) {
      report.skip(NO_PICTURE, rows.length);
      continue;
    }
    await report.attempt(file, async () => {
      const picture = await read();
      const original = await decodeOriginal(media, picture);
      // Transformers got pictures opened by Pillow, which does not turn them either.
      const onWhite = await media.decodeImage(picture, { alpha: "composite", exif: "ignore" });
      const opaque = original.data.every((byte, index) => byte === onWhite.data[index]);
      // Where they are the same picture, what is made of one is made of the other.
      const pictures = { original, onWhite: opaque ? original : onWhite };
      for (const row of rows) {
        const name = `${file} ${row.min} to ${row.max} of ${row.size}${row.thumb ? "" : " without thumbnail"}`;
        await report.attempt(name, async () => {
          const points = json.sample_points_cyx[row.size] ?? [];
          const cut = cutOnce(row);
          const got = await checkOriginal(context, name, row, original, points);
          await checkTransformers(report, name, row, pictures, cut, got);
          await checkTorchvision(report, name, row, pictures, cut, points);
        });
      }
    });
  }
};

async function checkOriginal(
  { golden, report }: GroupContext,
  name: string,
  row: PreprocessCase,
  image: RawImage,
  points: readonly SamplePoint[],
): Promise<string[]> {
  report.same(`${name} grid`, gridOf(row, "original"), row.grid);
  const cut = await run(row, image, "original");
  const { tiles } = cut;
  report.same(`${name} tiles`, tiles.length, row.tiles);
  const hashes = await hashesOf(cut);
  report.same(`${name} u8_sha256`, hashes, row.orig.u8_sha256);
  report.same(`${name} f32_sha256`, await hashAll(tiles), row.orig.f32_sha256);
  const statistics = tiles.map((tile) => statisticsOf(tile, row.size, points));
  for (const field of ["mean", "std", "s"] as const) {
    const expected = row.orig.stats.flatMap((stats) => stats[field]);
    report.close(
      `${name} ${field}`,
      statistics.flatMap((stats) => stats[field]),
      expected,
      STATISTICS_TOLERANCE,
    );
  }
  if (row.full_tiles_png !== undefined) {
    const reference = await readTiles(golden, row.full_tiles_png);
    report.same(row.full_tiles_png, hashes, await hashAll(reference.map(({ data }) => data)));
  }
  if (row.orig_pillow_13 !== undefined) {
    const newer = await run(row, image, "original", "pillow_13");
    report.same(`${name} orig_pillow_13`, await hashesOf(newer), row.orig_pillow_13.u8_sha256);
  }
  return hashes;
}

/**
 * The RGB picture, and the picture as it was, whose transparency Transformers lays on white.
 *
 * @param got hashes of our tiles in the original's grid; they are ours in this mode as well where grid and picture agree
 */
async function checkTransformers(
  report: GroupReport,
  name: string,
  row: PreprocessCase,
  { original, onWhite }: Pictures,
  cut: Cut,
  got: readonly string[],
): Promise<void> {
  const sameGrid = gridOf(row, "original").join() === gridOf(row, "transformers").join();
  for (const [field, image] of [
    ["hf_pil_rgb", original],
    ["hf_pil_raw", onWhite],
  ] as const) {
    const expected = row[field];
    if (expected === undefined) continue;
    const hashes = sameGrid && image === original ? got : await hashesOf(await cut(image));
    report.same(`${name} ${field}`, hashes, expected.u8_sha256 ?? row.orig.u8_sha256);
  }
}

/** Transformers' other processor resizes with torchvision: the same tiles, nearly the same pixels. */
async function checkTorchvision(
  report: GroupReport,
  name: string,
  row: PreprocessCase,
  { original, onWhite }: Pictures,
  cut: Cut,
  points: readonly SamplePoint[],
): Promise<void> {
  for (const [field, image] of [
    ["hf_tv_rgb", original],
    ["hf_tv_raw", onWhite],
  ] as const) {
    const expected = row[field];
    if (expected === undefined) continue;
    const { tiles } = await cut(image);
    report.same(`${name} ${field} tiles`, tiles.length, expected.tiles);
    const samples = (expected.stats ?? row.orig.stats).map((stats) => stats.s);
    const ours = tiles.map((tile) => samplesOf(tile, row.size, points));
    const levels = largestDifference(ours, samples, points);
    // Not among the group's differences, which are those to the reference itself.
    if (levels <= TORCHVISION_LEVELS + 0.01) report.pass();
    else report.fail(`${name} ${field}`, `at most ${TORCHVISION_LEVELS} grey levels apart`, String(levels));
  }
}

/** Cuts pictures in Transformers' grid, each once: the fields of a row share them. */
function cutOnce(row: PreprocessCase): Cut {
  const cuts = new Map<RawImage, Promise<Tiles>>();
  return (image) => {
    const tiles = cuts.get(image) ?? run(row, image, "transformers");
    cuts.set(image, tiles);
    return tiles;
  };
}

/** Between normalised samples, in grey levels. */
function largestDifference(a: number[][], b: number[][], points: readonly SamplePoint[]): number {
  const { image_std } = new InternVL2_5ImageProcessor();
  const levels = a.flatMap((tile, index) =>
    tile.map((value, point) => Math.abs(value - b[index]![point]!) * 255 * image_std[points[point]![0]]!),
  );
  return levels.reduce((most, level) => Math.max(most, level), 0);
}

async function run(
  { size, min, max, thumb }: PreprocessCase,
  image: RawImage,
  grid: "original" | "transformers",
  passes: "pillow_12" | "pillow_13" = "pillow_12",
): Promise<Tiles> {
  const settings = { size, min_tiles: min, max_tiles: max, use_thumbnail: thumb, grid, passes };
  const processor = new InternVL2_5ImageProcessor(settings);
  const { pixel_values } = await processor(image);
  const length = 3 * size * size;
  const data = pixel_values.data as Float32Array;
  const tiles = Array.from({ length: pixel_values.dims[0]! }, (_, tile) =>
    data.subarray(tile * length, (tile + 1) * length),
  );
  return { tiles, processor };
}

function hashesOf({ tiles, processor }: Tiles): Promise<string[]> {
  return hashAll(tiles.map((tile) => toBytes(tile, processor)));
}

/** Takes normalisation back: `[3, S, S]` float32 to `[S, S, 3]` bytes. */
function toBytes(tile: Float32Array, { image_mean, image_std }: InternVL2_5ImageProcessor): Uint8Array {
  const plane = tile.length / 3;
  const bytes = new Uint8Array(tile.length);
  for (let channel = 0; channel < 3; channel++) {
    const [scale, offset] = [255 * image_std[channel]!, 255 * image_mean[channel]! + 0.5];
    for (let pixel = 0; pixel < plane; pixel++)
      bytes[3 * pixel + channel] = tile[channel * plane + pixel]! * scale + offset;
  }
  return bytes;
}

function gridOf({ w, h, min, max, size }: PreprocessCase, grid: "original" | "transformers"): readonly number[] {
  return chooseGrid(w, h, { min_tiles: min, max_tiles: max, tile: { width: size, height: size }, grid });
}

function statisticsOf(tile: Float32Array, size: number, points: readonly SamplePoint[]): TileStats {
  const plane = size * size;
  const mean = [0, 1, 2].map((channel) => meanOf(tile, channel * plane, plane));
  const std = mean.map((value, channel) => deviationOf(tile, channel * plane, plane, value));
  return { mean, std, s: samplesOf(tile, size, points) };
}

function samplesOf(tile: Float32Array, size: number, points: readonly SamplePoint[]): number[] {
  return points.map(([channel, y, x]) => tile[(channel * size + y) * size + x]!);
}
