import { InternVLError } from "@internvl/core";
import { Lru } from "../lru.js";
import { type Pair, pythonSetOrder } from "./python-set.js";

/** Whose order of candidates decides ties: OpenGVLab's original code, or Transformers. */
export type GridOrder = "original" | "transformers";

/**
 * The most tiles that one image may be cut into. 1,024 tiles are 262,144 image tokens at the usual 256 a tile, eight
 * times the context of any InternVL 2.5, and 2.5 GB of pixel values at 448 x 448.
 */
export const MAX_TILES = 1024;

/** What decides about a grid, beside the image. */
export interface GridOptions {
  min_tiles: number;
  max_tiles: number;
  /** One tile, in pixels. */
  tile: { width: number; height: number };
  /** Default `"original"`. */
  grid?: GridOrder;
}

const candidateLists = new Lru<readonly Pair[]>(32);

/**
 * Every grid `[columns, rows]` of `min_tiles` to `max_tiles` tiles, smallest first, grids of one area in the order of
 * `order`. The list is shared: do not change it.
 *
 * @throws InternVLError `INPUT_INVALID`
 */
export function candidateGrids(min_tiles: number, max_tiles: number, order: GridOrder = "original"): readonly Pair[] {
  checkTileCounts(min_tiles, max_tiles);
  return candidateLists.get(`${min_tiles}:${max_tiles}:${order}`, () => {
    const pairs =
      order === "original"
        ? pythonSetOrder(originalPairs(min_tiles, max_tiles))
        : [...columnMajor(min_tiles, max_tiles)];
    return pairs.sort((a, b) => a[0] * a[1] - b[0] * b[1]);
  });
}

/** `for n in range(min, max + 1) for i in range(1, n + 1) for j in range(1, n + 1)`, each pair when it first comes. */
function* originalPairs(min: number, max: number): Generator<Pair> {
  for (let n = min; n <= max; n++) {
    for (let columns = 1; columns <= n; columns++) {
      // What both numbers of a pair leave below n came with a smaller n, unless this is the first.
      const from = n === min || columns === n ? 1 : n;
      for (let rows = from; rows <= Math.min(n, Math.floor(max / columns)); rows++) {
        if (columns * rows >= min) yield [columns, rows];
      }
    }
  }
}

function* columnMajor(min: number, max: number): Generator<Pair> {
  for (let columns = 1; columns <= max; columns++) {
    for (let rows = Math.ceil(min / columns); columns * rows <= max; rows++) yield [columns, rows];
  }
}

/**
 * The grid `[columns, rows]` whose aspect ratio is nearest to the image's (`find_closest_aspect_ratio` of the original
 * code, `get_optimal_tiled_canvas` of Transformers). Of equally near ones a later candidate wins only if the image has
 * more than half as many pixels as that grid.
 *
 * @throws InternVLError `INPUT_INVALID`
 */
export function chooseGrid(width: number, height: number, options: GridOptions): Pair {
  if (!(width > 0 && height > 0 && Number.isFinite(width) && Number.isFinite(height))) {
    throw new InternVLError("INPUT_INVALID", {
      what: "There is no grid for an image without pixels",
      expected: "a width and a height of at least 1",
      got: `${width} x ${height}`,
    });
  }
  const aspectRatio = width / height;
  const area = width * height;
  const halfTile = 0.5 * options.tile.width * options.tile.height;
  let best: Pair = [1, 1];
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidateGrids(options.min_tiles, options.max_tiles, options.grid)) {
    const [columns, rows] = candidate;
    const distance = Math.abs(aspectRatio - columns / rows);
    if (distance < bestDistance || (distance === bestDistance && area > halfTile * columns * rows)) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** @throws InternVLError `INPUT_INVALID` */
export function checkTileCounts(min_tiles: number, max_tiles: number): void {
  const valid = Number.isInteger(min_tiles) && Number.isInteger(max_tiles) && min_tiles >= 1 && min_tiles <= max_tiles;
  if (!valid) {
    throw new InternVLError("INPUT_INVALID", {
      what: "The numbers of tiles do not fit together",
      expected: "whole numbers with 1 <= min_tiles <= max_tiles",
      got: `min_tiles ${min_tiles}, max_tiles ${max_tiles}`,
    });
  }
  if (max_tiles > MAX_TILES) {
    throw new InternVLError("INPUT_INVALID", {
      what: "max_tiles is larger than any model can read",
      expected: `at most ${MAX_TILES}, at 256 tokens a tile eight times the context of any InternVL 2.5`,
      got: String(max_tiles),
    });
  }
}
