import { InternVLError, Tensor } from "@internvl/core";

/** Where the features of one tile go. */
export interface TilePlaces {
  /** The tile's place in `pixel_values`. */
  tile: number;
  /** Of each of its tokens that is still to be read: its number in the tile, and its index in the embeddings. */
  tokens: readonly { token: number; index: number }[];
}

export interface ImagePrompt {
  /** `[batch][length]`, the tokens that are cached included. */
  input_ids: readonly (readonly number[])[];
  /** Tokens of each row that are cached: embeddings begin behind them. */
  past: number;
  image_token_id: number;
  tokensPerTile: number;
  /** Tiles in `pixel_values`; undefined where it was left out. */
  tiles: number | undefined;
  /** One a tile: tiles with 0 are skipped. */
  flags?: readonly number[];
}

/**
 * Which tiles go where the prompt says `<IMG_CONTEXT>`, in order over the whole batch. Tiles that are cached as a whole
 * are not among them, so they need not be encoded; without `pixel_values` they all must be.
 *
 * @throws InternVLError `INPUT_INVALID` when the counts differ
 */
export function placeTiles(prompt: ImagePrompt): TilePlaces[] {
  const { input_ids, past, image_token_id, tokensPerTile, tiles, flags } = prompt;
  const length = input_ids[0]!.length;
  const slots = input_ids.flatMap((row, index) =>
    row.flatMap((id, column) => (id === image_token_id ? [{ row: index, column }] : [])),
  );
  const missing = slots.filter(({ column }) => column >= past);
  if (tiles === undefined && missing.length === 0) return [];
  const kept = Array.from({ length: tiles ?? 0 }, (_, tile) => tile).filter((tile) => flags?.[tile] ?? 1);
  const expected = kept.length * tokensPerTile;
  if (slots.length !== expected)
    throw doNotFit(kept.length, tokensPerTile, slots.length, slots.length - missing.length);
  return kept
    .map((tile, index) => ({
      tile,
      tokens: slots.slice(index * tokensPerTile, (index + 1) * tokensPerTile).flatMap(({ row, column }, token) => {
        return column < past ? [] : [{ token, index: row * (length - past) + column - past }];
      }),
    }))
    .filter(({ tokens }) => tokens.length > 0);
}

/**
 * The places from `start` to before `end` of the embeddings, counted from `start`: of a prompt of one row what is behind the
 * tokens that are cached by now, or one row of a batch.
 *
 * @param places as `placeTiles` gave them before
 */
export function placesBehind(
  places: readonly TilePlaces[],
  start: number,
  end: number = Number.POSITIVE_INFINITY,
): readonly TilePlaces[] {
  if (start === 0 && end === Number.POSITIVE_INFINITY) return places;
  return places
    .map(({ tile, tokens }) => ({
      tile,
      tokens: tokens
        .filter(({ index }) => index >= start && index < end)
        .map(({ token, index }) => ({ token, index: index - start })),
    }))
    .filter(({ tokens }) => tokens.length > 0);
}

/**
 * Puts image features in their places.
 *
 * @param embeddings float32 `[batch, length - past, hidden]`, changed in place
 * @param features float32 `[tiles, tokens, hidden]`: of all tiles of `places` in their order, or of all of `pixel_values`
 * @param rowOf which of `features` is a tile's
 */
export function placeFeatures(
  embeddings: Tensor,
  places: readonly TilePlaces[],
  features: Tensor,
  rowOf: (place: TilePlaces, index: number) => number,
): void {
  const [, tokensPerTile, hidden] = features.dims as [number, number, number];
  const target = embeddings.data as Float32Array;
  const source = features.data as Float32Array;
  for (const [order, place] of places.entries()) {
    const first = rowOf(place, order) * tokensPerTile;
    for (const { token, index } of place.tokens) {
      target.set(source.subarray((first + token) * hidden, (first + token + 1) * hidden), index * hidden);
    }
  }
}

/** Some tiles of `pixel_values`; all of them as they are. */
export function pickTiles(pixel_values: Tensor, tiles: readonly number[]): Tensor {
  if (tiles.length === pixel_values.dims[0]) return pixel_values;
  return copyTiles(pixel_values, tiles, new Float32Array(tiles.length * tileLength(pixel_values)));
}

/** Numbers of one tile. */
export function tileLength(pixel_values: Tensor): number {
  return pixel_values.size / pixel_values.dims[0]!;
}

/** A copy of some tiles, in `room`, which is long enough. */
export function copyTiles(pixel_values: Tensor, tiles: readonly number[], room: Float32Array): Tensor {
  const size = tileLength(pixel_values);
  const source = pixel_values.data as Float32Array;
  for (const [index, tile] of tiles.entries()) {
    room.set(source.subarray(tile * size, (tile + 1) * size), index * size);
  }
  return new Tensor("float32", room.subarray(0, tiles.length * size), [tiles.length, ...pixel_values.dims.slice(1)]);
}

function doNotFit(tiles: number, tokensPerTile: number, got: number, cached: number): InternVLError {
  return new InternVLError("INPUT_INVALID", {
    what: "The prompt and the pictures do not fit each other",
    expected: `${tiles * tokensPerTile} image tokens for ${tiles} tiles of ${tokensPerTile}`,
    got: `${got} image tokens in input_ids${cached > 0 ? `, ${cached} of them in past_key_values` : ""}`,
    fix:
      cached > 0
        ? "Pass the pictures of the whole prompt, or none if all of them are cached."
        : "Pass input_ids and pixel_values of the same call of the processor.",
  });
}
