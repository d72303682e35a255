import { Tensor } from "@internvl/core";
import { ByteBound } from "./byte-bound.js";
import type { FeatureStore } from "./feature-store.js";
import { copyTiles, tileLength } from "./image-places.js";
import { type KnownTile, knownTiles } from "./known-tiles.js";
import type { TurnOptions } from "./turns.js";
import type { VisionEncoder } from "./vision.js";

/** What was asked of a `FeatureCache` so far. */
export interface FeatureCacheStats {
  /** Tiles that are kept, and the bytes of their features. */
  tiles: number;
  bytes: number;
  /** Tiles that were asked for and were there, or had to be encoded. */
  hits: number;
  misses: number;
  /** With a `directory`: hits that came from there, and files in it that could not be read or written. */
  stored?: { hits: number; failures: number };
}

/**
 * Features of tiles that were encoded before, by the digest of their pixels. Each tile stands for itself, so a thumbnail
 * that two pictures share, or a picture that comes twice in a prompt, is encoded once.
 */
export class FeatureCache {
  readonly #kept: ByteBound<string, Float32Array>;
  readonly #hidden: number;
  readonly #store: FeatureStore | undefined;
  #storeHits = 0;
  #hits = 0;
  #misses = 0;

  /**
   * @param hidden the width of a feature: the language model's
   * @param store where what is not in memory may be
   */
  constructor(max_bytes: number, hidden: number, store?: FeatureStore) {
    this.#store = store;
    this.#hidden = hidden;
    this.#kept = new ByteBound(max_bytes);
  }

  get stats(): FeatureCacheStats {
    const { size: tiles, bytes } = this.#kept;
    return {
      ...{ tiles, bytes, hits: this.#hits, misses: this.#misses },
      ...(this.#store && { stored: { hits: this.#storeHits, failures: this.#store.failures } }),
    };
  }

  clear(): void {
    this.#kept.clear();
  }

  /** Nothing is kept any more. */
  close(): void {
    this.#kept.close();
  }

  /**
   * float32 `[tiles.length, tokens, hidden]`, the caller's own: of tiles that are kept without the encoder. They count
   * as done in the reports. What an aborted call has encoded is kept.
   *
   * `changed`: pixels became others while the call ran, so that the digests are not theirs.
   */
  async encode(
    vision: VisionEncoder,
    pixel_values: Tensor,
    tiles: readonly KnownTile[],
    { signal, progress_callback, turns }: TurnOptions,
  ): Promise<{ features: Tensor; changed: boolean }> {
    const found = new Map<string, Float32Array>();
    const missing = new Map<string, number>();
    for (const { tile, digest } of tiles) {
      const features = found.get(digest) ?? this.#kept.get(digest) ?? (await this.#fromStore(digest));
      if (features !== undefined) found.set(digest, features);
      else if (!missing.has(digest)) missing.set(digest, tile);
    }
    this.#hits += tiles.length - missing.size;
    this.#misses += missing.size;
    const report = (left: number) =>
      progress_callback?.({ stage: "vision", loaded: tiles.length - left, total: tiles.length, unit: "tiles" });

    let left = missing.size;
    let changed = false;
    report(left);
    const room = new Float32Array(Math.min(vision.tilesPerRun, missing.size) * tileLength(pixel_values));
    for (let first = 0; first < missing.size; first += vision.tilesPerRun) {
      const run = [...missing].slice(first, first + vision.tilesPerRun);
      // A copy, and digested again: what is kept must be of the very pixels that it is kept for.
      const part = copyTiles(
        pixel_values,
        run.map(([, tile]) => tile),
        room,
      );
      const read = await knownTiles(part, [...run.keys()]);
      const { features } = await vision.encode(part, { signal, turns });
      const size = features.size / run.length;
      for (const [index, [digest]] of run.entries()) {
        const all = features.data as Float32Array<ArrayBuffer>;
        const own = run.length === 1 ? all : all.slice(index * size, (index + 1) * size);
        found.set(digest, own);
        if (read?.[index]?.digest !== digest) {
          changed = true;
          continue;
        }
        this.#kept.set(digest, own, own.byteLength);
        await this.#store?.put(digest, own);
      }
      left -= run.length;
      report(left);
    }
    return { features: this.#joined(tiles.map(({ digest }) => found.get(digest)!)), changed };
  }

  async #fromStore(digest: string): Promise<Float32Array | undefined> {
    const features = await this.#store?.get(digest);
    if (features === undefined) return undefined;
    this.#storeHits++;
    this.#kept.set(digest, features, features.byteLength);
    return features;
  }

  #joined(parts: readonly Float32Array[]): Tensor {
    const size = parts[0]!.length;
    const data = new Float32Array(parts.length * size);
    for (const [index, part] of parts.entries()) data.set(part, index * size);
    return new Tensor("float32", data, [parts.length, size / this.#hidden, this.#hidden]);
  }
}
