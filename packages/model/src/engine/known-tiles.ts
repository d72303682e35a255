import { sha256, type Tensor } from "@internvl/core";

/** A tile, and what tells its picture from all others. */
export interface KnownTile {
  /** Its place in `pixel_values`. */
  tile: number;
  /** The SHA-256 of its numbers. Nobody has found two pictures with one, so equal ones are one picture. */
  digest: string;
}

/**
 * Tiles with their digests. The 2.4 MB of a 448 tile take some milliseconds, beside a second or more in the encoder.
 *
 * @param pixel_values float32 `[tiles, 3, size, size]`, read at once: a caller may change them while the digests are made
 * @param tiles which of them
 * @returns undefined where there is no `crypto.subtle`: in a page that is no secure context
 */
export async function knownTiles(pixel_values: Tensor, tiles: readonly number[]): Promise<KnownTile[] | undefined> {
  if (globalThis.crypto.subtle === undefined) return undefined;
  const { buffer, byteOffset, byteLength } = pixel_values.data as Float32Array<ArrayBuffer>;
  const size = byteLength / pixel_values.dims[0]!;
  return Promise.all(
    tiles.map(async (tile) => ({ tile, digest: await sha256(new Uint8Array(buffer, byteOffset + tile * size, size)) })),
  );
}
