import type { CacheOptions } from "./cache.js";

/**
 * What `forward` and `generate` take and return as `past_key_values`: a `KeyValueCache`, or where the model runs in a worker
 * a handle of one that stays there. Only `save` differs: a handle's is a promise.
 *
 * Every method throws an InternVLError `RELEASED` after `dispose()`.
 */
export interface PastKeyValues {
  readonly batch_size: number;
  /** Tokens of each row, padding included. */
  readonly length: number;
  readonly disposed: boolean;
  /** `[batch][length]`: 0 for padding. */
  readonly attention_mask: number[][];
  /** Transformers' name of `length`. */
  get_seq_length(): number;
  /** How many leading tokens `input_ids`, `[batch][length]`, shares with every row. */
  commonPrefix(input_ids: readonly ArrayLike<number>[]): number;
  /** Keeps so many tokens; a negative number is how many to forget. */
  crop(max_length: number): void;
  /** Row `r` goes on from what row `beam_idx[r]` has read. */
  reorder_cache(beam_idx: readonly number[]): void;
  /** Each row `repeats` times, its copies next to each other. */
  batch_repeat_interleave(repeats: number): void;
  /** Only these rows, in this order. */
  batch_select_indices(indices: readonly number[]): void;
  /** Forgets everything; the number of rows stays. */
  reset(): void;
  /** A second one with the same tokens; both go on by themselves. */
  fork(): PastKeyValues;
  /** A safetensors file. */
  save(): Uint8Array | Promise<Uint8Array>;
  /** Gives the memory back. Safe to call twice. */
  dispose(): void;
}

/** Where caches of a model are made: in the thread that runs it. */
export interface CacheMaker {
  /** An empty cache of `batch_size` rows. */
  newCache(batch_size: number, options?: CacheOptions): PastKeyValues;
  /** What `save` wrote. @throws InternVLError `FILE_INVALID`, `INPUT_INVALID` (another model's) */
  loadCache(bytes: Uint8Array): Promise<PastKeyValues>;
}
