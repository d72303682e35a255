import type { InternVL2_5Config } from "@internvl/config";
import { gelu, layerNorm } from "./functions.js";
import { Rows } from "./rows.js";
import type { Weights } from "./weights.js";

/** PyTorch's default: `mlp1.0` was made without one. */
const EPSILON = 1e-5;

/**
 * The patches of a tile in blocks: `factor * factor` neighbours become one token, as wide as all of them.
 *
 * @param patches `[side * side, hidden]`, without the class token
 * @returns `[(side / factor)^2, hidden * factor^2]`: rows of the picture one after the other with v2, columns with v1
 */
export function pixelShuffle(patches: Rows, factor: number, version: "v1" | "v2"): Rows {
  const side = Math.sqrt(patches.count);
  const small = side / factor;
  const shuffled = new Rows(small * small, patches.width * factor * factor);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const [row, column] = [Math.floor(y / factor), Math.floor(x / factor)];
      const token = version === "v2" ? row * small + column : column * small + row;
      const place = (y % factor) * factor + (x % factor);
      shuffled.row(token).set(patches.row(y * side + x), place * patches.width);
    }
  }
  return shuffled;
}

/**
 * What the language model sees of a tile: pixel shuffle, then `mlp1` (LayerNorm, Linear, exact GELU, Linear).
 *
 * @param hidden `[1 + patches, hidden]`, InternViT's last state, class token included
 * @param kept how many of the first tokens are computed -> `[kept, hidden of the language model]`
 */
export async function imageFeatures(
  weights: Weights,
  config: InternVL2_5Config,
  hidden: Rows,
  kept?: number,
): Promise<Rows> {
  const mlp = weights.under("mlp1");
  const factor = Math.round(1 / config.downsample_ratio);
  const x = pixelShuffle(hidden.slice(1), factor, config.pixel_shuffle_version).slice(0, kept);
  const normed = layerNorm(x, await mlp.vector("0.weight"), await mlp.vector("0.bias"), EPSILON);
  const widened = await mlp.linear(normed, "1");
  return mlp.linear(widened.map(gelu), "3");
}
