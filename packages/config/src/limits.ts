import type { Range } from "./base/rules.js";

// Limits against absurd values, so that a broken or hostile file fails here and not in an allocation. Each lies far
// above the largest published network (78B: 80 layers, width 8192, feed-forward 29568, 151674 tokens).

export const LAYERS: Range = { min: 1, max: 1000, because: "deeper networks are not known" };
export const WIDTH: Range = { min: 1, max: 1_048_576, because: "wider networks are not known" };
export const HEADS: Range = { min: 1, max: 4096, because: "more heads are not known" };
export const VOCABULARY: Range = { min: 1, max: 10_000_000, because: "larger vocabularies are not known" };
export const POSITIONS: Range = { min: 1, max: 100_000_000, because: "longer contexts are not known" };
export const IMAGE_SIDE: Range = {
  min: 1,
  max: 16_384,
  because: "the attention within a tile is quadratic in its area",
};
export const TILES: Range = { min: 1, max: 1000, because: "the choice of the grid is quadratic in the tiles" };
export const EPSILON: Range = { min: 0, exclusive: true, max: 1, because: "it only keeps a division from zero" };
export const POSITIVE: Range = { min: 0, exclusive: true };
