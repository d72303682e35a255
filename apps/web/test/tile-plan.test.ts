import { InternVL2_5ImageProcessor } from "@internvl/image-processor";
import { describe, expect, it } from "vitest";
import { describePlan, planTiles } from "../src/state/tile-plan.js";

const processor = new InternVL2_5ImageProcessor({ size: 112 });
const tiling = {
  tile: processor.dynamic_size,
  tokensPerTile: processor.num_image_token,
  useThumbnail: processor.use_thumbnail,
  minTiles: 1,
  maxTiles: 12,
};

describe("planTiles", () => {
  it.each([
    [448, 448, 1, 12],
    [336, 224, 1, 6],
    [112, 112, 1, 12],
    [300, 1200, 2, 7],
    [4000, 120, 1, 24],
    [640, 480, 5, 5],
  ])("counts the tiles of %i × %i with %i to %i as the processor does", (width, height, min, max) => {
    const { tiles } = planTiles({ width, height }, tiling, { min, max });
    const expected = processor.get_number_of_image_patches(height, width, { min_tiles: min, max_tiles: max });
    expect(tiles).toBe(expected);
  });

  it("counts tokens, with the two that enclose the picture", () => {
    expect(planTiles({ width: 448, height: 448 }, tiling, { min: 1, max: 6 })).toEqual({
      columns: 2,
      rows: 2,
      thumbnail: true,
      tiles: 5,
      tokens: 82,
    });
  });
});

it("says a plan in words", () => {
  const plan = planTiles({ width: 448, height: 448 }, tiling, { min: 1, max: 6 });
  expect(describePlan(plan)).toBe("2 × 2 tiles and the whole picture: 5 tiles, 82 tokens");
  expect(describePlan({ ...plan, columns: 1, rows: 1, tiles: 1, thumbnail: false, tokens: 18 })).toBe(
    "1 tile, 18 tokens",
  );
});
