import { ByteBound } from "./byte-bound.js";
import { KeyValueCache } from "./cache.js";
import { readAlike } from "./pieces.js";
import { isStretched, type RotaryConfig } from "./rotary.js";

/** One row that is about to be read. */
export interface PrefixPrompt {
  input_ids: readonly number[];
  /** The digest of the tile that each run of `tokensPerTile` image tokens stands for, in order. */
  digests: readonly string[];
  /** How many tokens may follow it. */
  spare: number;
  /** As the call asks for. */
  prefill_chunk_size?: number | null;
}

/** What was asked of a `PrefixCache` so far. */
export interface PrefixCacheStats {
  /** Sequences that are kept, and the bytes of their keys and values. */
  sequences: number;
  bytes: number;
  /** Prompts of which a beginning was there, or nothing. */
  hits: number;
  misses: number;
  /** Tokens of all prompts that were not read again. */
  tokens: number;
}

/** Each is looked at for every prompt, and few people have more conversations at once. */
const MOST_SEQUENCES = 32;

/**
 * Whether the keys and values of a prompt's beginning are those of the same beginning in any other prompt.
 *
 * They are not behind padding, whose columns others do not have, and where a dynamic scaling rotates a prompt for its
 * whole length. A batch is left out: its rows come one by one (`batch-prompt.ts`).
 */
export function beginsLikeOthers(attention_mask: readonly (readonly number[])[], rotary: RotaryConfig): boolean {
  const [row] = attention_mask;
  return attention_mask.length === 1 && !isStretched(rotary, row!.length) && row!.every(Boolean);
}

interface Kept {
  cache: KeyValueCache;
  digests: readonly string[];
}

/**
 * Keys and values of what was read lately, so that a prompt that begins in the same way is read from where it differs.
 * Pictures are compared by the digests of their tiles: image tokens all have one id.
 */
export class PrefixCache {
  readonly #image_token_id: number;
  readonly #tokensPerTile: number;
  readonly #kept: ByteBound<Kept, Kept>;
  readonly #alike: { heads: number } | undefined;
  /** The tiles of caches that calls are filling. */
  readonly #followed = new WeakMap<KeyValueCache, readonly string[]>();
  #hits = 0;
  #misses = 0;
  #tokens = 0;

  /**
   * @param alike of a decoder whose numbers depend on what is read at once: only columns are given again that a prompt would
   *   be read into in the same pieces. `heads` are its query heads
   */
  constructor(max_bytes: number, tile: { image_token_id: number; num_image_token: number }, alike?: { heads: number }) {
    this.#alike = alike;
    this.#image_token_id = tile.image_token_id;
    this.#tokensPerTile = tile.num_image_token;
    this.#kept = new ByteBound(max_bytes, ({ cache }) => cache.dispose());
  }

  get stats(): PrefixCacheStats {
    const { size: sequences, bytes } = this.#kept;
    return { sequences, bytes, hits: this.#hits, misses: this.#misses, tokens: this.#tokens };
  }

  clear(): void {
    this.#kept.clear();
  }

  /** Nothing is kept any more. */
  close(): void {
    this.#kept.close();
  }

  /**
   * Puts the longest beginning of a prompt that was read before into `cache`, which is empty. A token is left to read.
   * The cache can be given to `keep` afterwards.
   */
  restore(cache: KeyValueCache, prompt: PrefixPrompt): void {
    const { input_ids, digests, spare } = prompt;
    this.#followed.set(cache, digests);
    let longest = 0;
    let from: Kept | undefined;
    for (const kept of this.#kept.keys()) {
      const common = this.#usable(kept, prompt);
      if (common < longest || common === 0) continue;
      longest = common;
      from = kept;
    }
    if (from === undefined) {
      this.#misses++;
      return;
    }
    this.#kept.get(from);
    cache.continueFrom(from.cache, longest, { total: input_ids.length, spare });
    this.#hits++;
    this.#tokens += longest;
  }

  /** `cache` does not hold what `restore` was told. */
  forget(cache: KeyValueCache): void {
    this.#followed.delete(cache);
  }

  /**
   * Keeps what a cache holds that went through `restore`: a fork, the caller's stays theirs. Of several rows, which have
   * the prompt in common, the first. Of what is too large, as many tokens as there is room for. What is a beginning of it is
   * dropped.
   */
  keep(cache: KeyValueCache): void {
    const digests = this.#followed.get(cache);
    if (digests === undefined || cache.length === 0) return;
    const row = cache.fork();
    if (cache.batch_size > 1) row.batch_select_indices([0]);
    const { visible } = row.rows;
    // A hidden column is equal to any token, for a cache: see `commonPrefix`.
    if (!visible[0]!.every(Boolean)) {
      row.dispose();
      return;
    }
    const kept = { cache: this.#fitting(row), digests };
    const [tokens] = kept.cache.rows.tokens as [number[]];
    for (const other of this.#kept.keys()) {
      if (this.#common(other, tokens, digests) === other.cache.length) this.#kept.delete(other);
    }
    this.#kept.set(kept, kept, kept.cache.byteLength);
    for (const oldest of this.#kept.keys().slice(0, -MOST_SEQUENCES)) this.#kept.delete(oldest);
  }

  /** The cache, or where it is too large a copy of its beginning. */
  #fitting(cache: KeyValueCache): KeyValueCache {
    const { max_bytes } = this.#kept;
    if (cache.byteLength <= max_bytes) return cache;
    const fitting = Math.floor(Math.max(0, max_bytes) / cache.bytesPerToken);
    const length = Math.min(fitting, cache.length - 1);
    const beginning = new KeyValueCache(1, cache.shape);
    beginning.continueFrom(cache, length, { total: length, spare: 0 });
    cache.dispose();
    return beginning;
  }

  #usable(kept: Kept, { input_ids, digests, prefill_chunk_size }: PrefixPrompt): number {
    const common = Math.min(this.#common(kept, input_ids, digests), input_ids.length - 1);
    if (this.#alike === undefined) return common;
    return readAlike(kept.cache.pieces, common, { batch: 1, ...this.#alike, prefill_chunk_size });
  }

  /** How many leading tokens are the same, pictures included. What is of a tile that differs is not. */
  #common(kept: Kept, input_ids: readonly number[], digests: readonly string[]): number {
    const common = kept.cache.commonPrefix([input_ids]);
    let tile = 0;
    for (let at = 0, seen = 0; at < common; at++) {
      if (input_ids[at] !== this.#image_token_id) continue;
      if (seen % this.#tokensPerTile === 0) {
        const digest = digests[tile];
        if (digest === undefined || kept.digests[tile++] !== digest) return at;
      }
      seen++;
    }
    return common;
  }
}
