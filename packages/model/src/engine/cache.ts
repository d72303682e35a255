import { InternVLError, Tensor } from "@internvl/core";
import { cacheArrayIn, cacheElementBytes, cacheTensor } from "./cache-array.js";
import { readCacheFile, writeCacheFile } from "./cache-file.js";
import { exactly, LEAST_CAPACITY, roomFor } from "./cache-room.js";
import { CacheRows } from "./cache-rows.js";
import { assertSameShape, type CacheShape, cacheDtypeOf, shapeOf } from "./cache-shape.js";
import { CacheStore, type StoreRoom } from "./cache-store.js";
import type { PastKeyValues } from "./past-key-values.js";

export interface CacheOptions {
  /**
   * Room for this many tokens is made at once, as in Transformers' `StaticCache`; a cache may still grow beyond. Default
   * 0: room is made where it is needed, which is faster (README, "Room").
   */
  max_cache_len?: number;
}

/** What `append` is told of the new columns. */
export interface NewColumns {
  /** `[batch][count]`: 0 for padding. */
  visible: readonly (readonly number[])[];
  /** `[batch][count]`, where they are known. */
  tokens?: readonly (readonly number[])[];
  /**
   * Columns that there will be once all of what is being read is there: memory is reserved for them at once, and the room is
   * made piece by piece, because attention costs time for unused room as well. Default: the new ones are the last.
   */
  total?: number;
  /** Whether these columns are a piece of a prompt of `generate`, read in one run. */
  isPiece?: boolean;
  /** How many tokens may follow those: room to leave behind them when the arrays must grow, or a part of it. */
  spare: number;
}

/**
 * The keys and values of the tokens that were read so far: Transformers' `DynamicCache`, by its names where it has them.
 *
 * The decoder's graph gets the arrays whole and returns the columns of the new tokens only; this object writes them in
 * place. A graph that returned all columns, as most exports do, would copy the whole past at every step.
 *
 * Layout of each array: `[batch, num_key_value_heads, capacity, head_dim]`. Columns from `length` on are unused, and a
 * row's left padding is never seen: `past_mask` says so to the graph.
 *
 * A cache belongs to one call of `forward` or `generate` at a time. Every method throws an InternVLError `RELEASED` after
 * `dispose()`.
 */
export class KeyValueCache implements PastKeyValues {
  readonly shape: CacheShape;
  readonly #reserved: number;
  #rows: CacheRows;
  #store: CacheStore | undefined;

  /** An empty cache of `batch_size` rows: `new KeyValueCache(1, model.config.text_config)`. */
  constructor(batch_size: number, shape: CacheShape, { max_cache_len = 0 }: CacheOptions = {}) {
    assertCount("batch_size", batch_size, 1);
    assertCount("max_cache_len", max_cache_len, 0);
    this.shape = shapeOf(shape);
    this.#reserved = max_cache_len;
    this.#rows = CacheRows.empty(batch_size);
    this.#store = this.#emptyStore(batch_size);
  }

  get batch_size(): number {
    return this.#rows.batch;
  }

  /** Tokens of each row in the cache, padding included. */
  get length(): number {
    return this.#rows.length;
  }

  /** Transformers' name of `length`. */
  get_seq_length(): number {
    return this.length;
  }

  /** Tokens of each row that there is room for. */
  get capacity(): number {
    return this.#store?.size.capacity ?? 0;
  }

  /**
   * Bytes that are reserved for keys and values: those of the rest of a prompt from its first piece on, although the system
   * gives memory only for what is written. Forks that have written nothing over each other's count the same bytes.
   */
  get byteLength(): number {
    return this.#store?.byteLength ?? 0;
  }

  /** Bytes of the keys and values of one token of each row. */
  get bytesPerToken(): number {
    const { arrays, batch, heads, head_dim, dtype } = this.#usable().size;
    return arrays * batch * heads * head_dim * cacheElementBytes(dtype);
  }

  get disposed(): boolean {
    return this.#store === undefined;
  }

  /** `[batch][length]`: 0 for padding. A copy. */
  get attention_mask(): number[][] {
    return this.#rows.visible.map((row) => [...row]);
  }

  /** `[batch][length]` each; a token that was read as an embedding is -1. Copies. */
  get rows(): { tokens: number[][]; visible: number[][] } {
    return { tokens: this.#rows.tokens.map((row) => [...row]), visible: this.attention_mask };
  }

  /** Where the pieces of prompts ended that filled the cache; 0 for columns that were read in any other way. */
  get pieces(): readonly number[] {
    return this.#rows.pieces;
  }

  /**
   * How many leading tokens `input_ids` shares with the cache in every row: what is left of it after
   * `cache.crop(cache.commonPrefix(input_ids))`. Padding, and tokens that were read as embeddings, count as equal.
   *
   * @param input_ids `[batch][length]`
   */
  commonPrefix(input_ids: readonly ArrayLike<number>[]): number {
    this.#usable();
    if (input_ids.length !== this.batch_size) throw otherBatch(this.batch_size, input_ids.length);
    return this.#rows.commonWith(input_ids);
  }

  /** `past_key_values.N.key` and `.value`, `[batch, heads, capacity, head_dim]`, which are views, and `past_mask`. */
  feeds(): Record<string, Tensor> {
    const { arrays, size } = this.#usable();
    const { batch, heads, capacity, head_dim } = size;
    const feeds: Record<string, Tensor> = { past_mask: new Tensor("float32", this.#mask(), [batch, capacity]) };
    for (const [index, array] of arrays.entries()) {
      feeds[arrayName("past_key_values", index)] = cacheTensor(array, [batch, heads, capacity, head_dim]);
    }
    return feeds;
  }

  /**
   * Takes the columns of the new tokens.
   *
   * @param outputs `new_key_values.N.key` and `.value`, of the cache's type, `[batch, heads, count, head_dim]`
   */
  append(
    outputs: Readonly<Record<string, Tensor>>,
    { visible, tokens, total, spare, isPiece = false }: NewColumns,
  ): void {
    const count = visible[0]!.length;
    const end = this.length + count;
    const store = this.#writable(end, { total: Math.max(end, total ?? end), spare });
    for (let index = 0; index < store.arrays.length; index++) {
      store.write(index, cacheArrayIn(outputs[arrayName("new_key_values", index)]!), this.length, count);
    }
    this.#rows.append(visible, tokens, isPiece);
    store.used = this.length;
  }

  /**
   * Forgets all tokens from `max_length` on; a cache that is not longer stays as it is. A negative number is how many
   * tokens to forget.
   */
  crop(max_length: number): void {
    this.#usable();
    // -0 is what -count is for no tokens: it forgets none.
    const isCount = max_length < 0 || Object.is(max_length, -0);
    const length = isCount ? this.length + max_length : Math.min(max_length, this.length);
    if (!Number.isInteger(max_length) || length < 0) {
      throw new InternVLError("INPUT_INVALID", {
        what: "A cache cannot be cropped to this length",
        expected: `an integer of at least ${-this.length}`,
        got: String(max_length),
      });
    }
    this.#rows.crop(length);
  }

  /**
   * Hides columns that were read as tokens: the padding behind a row that ended before others did.
   *
   * @param attention_mask `[batch][length]`: 0 hides a column; those that are hidden stay so
   */
  hide(attention_mask: readonly (readonly number[])[]): void {
    this.#usable();
    for (const [row, visible] of this.#rows.visible.entries()) {
      for (let at = 0; at < visible.length; at++) visible[at] &&= attention_mask[row]![at] ? 1 : 0;
    }
  }

  /**
   * Row `r` goes on from what row `beam_idx[r]` has read. There may be more or fewer rows than before.
   *
   * Rows that were made from one another (the beams of a prompt) are equal up to that point, so only columns behind it
   * are copied; rows that stay where they are are not copied at all. Another number of rows copies the whole.
   */
  reorder_cache(beam_idx: readonly number[]): void {
    const store = this.#usable();
    const odd = beam_idx.find((row) => !Number.isInteger(row) || row < 0 || row >= this.batch_size);
    if (odd !== undefined || beam_idx.length === 0) {
      throw new InternVLError("INPUT_INVALID", {
        what: "The cache has no such row",
        expected: `rows from 0 to ${this.batch_size - 1}, at least one`,
        got: String(odd ?? "none"),
      });
    }
    if (beam_idx.length === this.batch_size && beam_idx.every((from, row) => from === row)) return;
    const moves = beam_idx
      .map((from, row) => ({ row, from, start: this.#startOfDifference(row, from) }))
      .filter(({ start }) => start < this.length);
    if (beam_idx.length !== this.batch_size || (moves.length > 0 && store.owners > 1)) {
      this.#replaceStore(beam_idx, exactly(this.capacity));
    } else if (moves.length > 0) {
      store.move(moves, this.length);
    }
    this.#rows = this.#rows.select(beam_idx);
  }

  /** Each row `repeats` times, its copies next to each other. */
  batch_repeat_interleave(repeats: number): void {
    assertCount("repeats", repeats, 1);
    this.reorder_cache(Array.from({ length: this.batch_size * repeats }, (_, row) => Math.floor(row / repeats)));
  }

  /** Only these rows, in this order. */
  batch_select_indices(indices: readonly number[]): void {
    this.reorder_cache(indices);
  }

  /** Forgets everything and drops the arrays; the number of rows stays. */
  reset(): void {
    this.#usable().owners--;
    this.#rows = CacheRows.empty(this.batch_size);
    this.#store = this.#emptyStore(this.batch_size);
  }

  /**
   * A second cache with the same tokens. Keys and values are shared until one of the two writes over what the other sees:
   * reading on copies nothing for the first that does it, and for both when the other was disposed of meanwhile.
   */
  fork(): KeyValueCache {
    const store = this.#usable();
    // What a single owner has cropped is nobody's.
    if (store.owners === 1) store.used = this.length;
    store.owners++;
    const fork = new KeyValueCache(this.batch_size, this.shape);
    fork.#store = store;
    fork.#rows = this.#rows.select(this.#everyRow());
    return fork;
  }

  /**
   * Holds the first `length` tokens of another cache instead of its own. All of them are shared as with `fork`; fewer are
   * copied, because attention would cost time for the columns that are left out.
   *
   * @param room what to reserve memory for where they are copied: `total` tokens, and `spare` that may follow
   */
  continueFrom(other: KeyValueCache, length: number, { total, spare }: { total: number; spare: number }): void {
    const shared = other.fork();
    if (length < other.length) {
      shared.crop(length);
      const reserved = Math.max(LEAST_CAPACITY, roomFor(total, spare));
      shared.#replaceStore(shared.#everyRow(), { capacity: Math.max(LEAST_CAPACITY, length), reserved });
    }
    this.#usable().owners--;
    this.#store = shared.#store;
    this.#rows = shared.#rows;
  }

  /**
   * Holds what caches of one row each have read instead of its own, each row behind so much padding that all end together.
   * Those caches are disposed of.
   *
   * @param tokens `[batch][length]`, padding included; the longest row has none
   * @param spare how many tokens may follow
   */
  joinRows(rows: readonly KeyValueCache[], tokens: readonly (readonly number[])[], spare: number): void {
    const end = tokens[0]!.length;
    const stores = rows.map((row) => ({ store: row.#usable(), from: 0, count: row.length }));
    const visible = rows.map(({ length, attention_mask }) => [
      ...new Array<number>(end - length).fill(0),
      ...attention_mask[0]!,
    ]);
    for (const row of rows) row.dispose();
    this.#usable().owners--;
    const reserved = Math.max(this.#reserved, roomFor(end, spare));
    this.#store = CacheStore.join(stores, end, exactly(reserved));
    this.#rows = CacheRows.of(
      tokens.map((row) => [...row]),
      visible,
    );
  }

  /** Drops the arrays, or leaves them to the forks that share them. Safe to call twice. */
  dispose(): void {
    if (this.#store === undefined) return;
    this.#store.owners--;
    this.#store = undefined;
    this.#rows = CacheRows.empty(this.batch_size);
  }

  /** The cache as a safetensors file (see `cache-file.ts`), without unused room. */
  save(): Uint8Array {
    const store = this.#usable();
    const { heads, head_dim } = store.size;
    return writeCacheFile({
      shape: this.shape,
      tokens: this.#rows.tokens,
      visible: this.#rows.visible,
      dims: [this.batch_size, heads, this.length, head_dim],
      arrays: store.arrays.map((_, index) => ({
        name: arrayName("past_key_values", index),
        data: () => store.read(index, this.length),
      })),
    });
  }

  /**
   * What `save` wrote.
   *
   * @param shape of the model that is to go on with it: `model.config.text_config`
   * @throws InternVLError `FILE_INVALID` (no such file, cut off, changed), `INPUT_INVALID` (another model's)
   */
  static load(bytes: Uint8Array, shape: CacheShape): KeyValueCache {
    const file = readCacheFile(bytes);
    assertSameShape(file.shape, shape);
    const [batch, heads, capacity, head_dim] = file.dims;
    const cache = new KeyValueCache(batch, shape);
    const arrays = cache.#usable().arrays.map((_, index) => file.array(arrayName("past_key_values", index)));
    cache.#store = new CacheStore(
      { ...cache.#usable().size, arrays: arrays.length, heads, head_dim, capacity },
      arrays,
    );
    cache.#rows = CacheRows.of(file.tokens, file.visible);
    return cache;
  }

  #mask(): Float32Array {
    const { capacity, batch } = this.#usable().size;
    const mask = new Float32Array(batch * capacity).fill(HIDDEN);
    for (const [row, visible] of this.#rows.visible.entries()) {
      for (let at = 0; at < visible.length; at++) if (visible[at]) mask[row * capacity + at] = 0;
    }
    return mask;
  }

  #startOfDifference(row: number, other: number): number {
    return row < this.batch_size ? this.#rows.common(row, other) : 0;
  }

  /** The store, with room for the columns before `end` that this cache may write. */
  #writable(end: number, { total, spare }: { total: number; spare: number }): CacheStore {
    const store = this.#usable();
    const fits = end <= this.capacity;
    if (fits && (store.owners === 1 || store.used === this.length)) return store;
    const reserved = Math.max(this.capacity, roomFor(total, spare));
    const capacity = fits ? this.capacity : end === total ? reserved : end;
    if (store.owners > 1 || capacity > store.reserved)
      return this.#replaceStore(this.#everyRow(), { capacity, reserved });
    // What a single owner has cropped need not be moved.
    store.used = this.length;
    store.grow(capacity);
    return store;
  }

  /** Copies these rows into a store of this cache alone. */
  #replaceStore(rows: readonly number[], room: StoreRoom): CacheStore {
    const store = this.#usable();
    store.owners--;
    this.#store = CacheStore.join(
      rows.map((from) => ({ store, from, count: this.length })),
      this.length,
      room,
    );
    return this.#store;
  }

  #emptyStore(batch: number): CacheStore {
    const { num_hidden_layers, num_key_value_heads: heads, head_dim } = this.shape;
    return CacheStore.empty({
      arrays: 2 * num_hidden_layers,
      batch,
      heads,
      head_dim,
      dtype: cacheDtypeOf(this.shape),
      capacity: Math.max(LEAST_CAPACITY, this.#reserved),
    });
  }

  #everyRow(): number[] {
    return this.#rows.tokens.map((_, row) => row);
  }

  /** @throws InternVLError `RELEASED` after `dispose()` */
  assertUsable(): void {
    this.#usable();
  }

  #usable(): CacheStore {
    if (this.#store !== undefined) return this.#store;
    throw new InternVLError("RELEASED", { what: "The cache was disposed of", fix: "Start again without it." });
  }
}

/** Added to an attention score to hide it: exp(-1e9) is 0 in float32, and no sum with it overflows. */
export const HIDDEN = -1e9;

/** Arrays lie as key 0, value 0, key 1, … */
function arrayName(prefix: string, index: number): string {
  return `${prefix}.${index >> 1}.${index % 2 === 0 ? "key" : "value"}`;
}

export function otherBatch(cached: number, given: number): InternVLError {
  return new InternVLError("INPUT_INVALID", {
    what: "The cache and input_ids differ in their number of rows",
    expected: `${cached}, as in the cache`,
    got: String(given),
    fix: "Use batch_select_indices or batch_repeat_interleave of the cache, or start without it.",
  });
}

function assertCount(name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  throw new InternVLError("INPUT_INVALID", {
    what: `${name} is no number that a cache can have`,
    expected: `an integer of at least ${least}`,
    got: String(value),
  });
}
