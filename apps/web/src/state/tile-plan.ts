import { chooseGrid } from "@internvl/image-processor";
import type { Tiling } from "../engine/protocol.js";

/** How a picture is cut, and what that costs. */
export interface TilePlan {
  columns: number;
  rows: number;
  /** Whether the whole picture follows as one more tile. */
  thumbnail: boolean;
  /** The thumbnail counted. */
  tiles: number;
  /** Tokens of the prompt that the picture takes, with the two that enclose it. */
  tokens: number;
}

/** Two tokens enclose each picture. */
const ENCLOSING = 2;

/** @param limits of the person, in the place of the model's own */
export function planTiles(
  { width, height }: { width: number; height: number },
  { tile, tokensPerTile, useThumbnail }: Tiling,
  limits: { min: number; max: number },
): TilePlan {
  const [columns, rows] = chooseGrid(width, height, { min_tiles: limits.min, max_tiles: limits.max, tile });
  const cut = columns * rows;
  const thumbnail = useThumbnail && cut > 1;
  const tiles = thumbnail ? cut + 1 : cut;
  return { columns, rows, thumbnail, tiles, tokens: tiles * tokensPerTile + ENCLOSING };
}

/** `"2 × 3 tiles and the whole picture: 7 tiles, 114 tokens"` */
export function describePlan({ columns, rows, thumbnail, tiles, tokens }: TilePlan): string {
  if (tiles === 1) return `1 tile, ${tokens} tokens`;
  const whole = thumbnail ? " and the whole picture" : "";
  return `${columns} × ${rows} tiles${whole}: ${tiles} tiles, ${tokens} tokens`;
}
