import type { CacheDtype } from "@internvl/config";
import { Tensor } from "@internvl/core";
import { HIDDEN, type KeyValueCache, type NewColumns } from "./cache.js";
import { type CacheArray, cacheArrayIn, cacheTensor, newCacheArray } from "./cache-array.js";
import { CurrentLogits } from "./current-logits.js";
import type { ReadCache } from "./read-cache.js";

/** Room is made for so many columns at a time: attention costs time for those that are not used yet. */
const BLOCK = 128;

const PAST = "past_key_values.";
const NEW = "new_key_values.";

/** A row of a pool. Its columns are the first `tokens.length` of its slot. */
interface PooledRow {
  cache: KeyValueCache;
  tokens: number[];
  visible: number[];
}

/** One array of the decoder's past: `[slots, heads, capacity, width]`. */
interface PoolArray {
  /** Without the prefix `past_key_values.`. */
  name: string;
  heads: number;
  width: number;
  dtype: CacheDtype;
  data: CacheArray;
}

/** Where the columns of a row begin, in an array `[…, heads, capacity, width]`. */
interface RowPlace {
  data: CacheArray;
  row: number;
  capacity: number;
}

/**
 * Keys and values of one row each of several caches, side by side for one run of the decoder. Each row is as long as it
 * is: its columns begin at 0 in its slot, a new one is written at its own length, and the mask hides what is behind.
 *
 * A row is copied once when it joins. Slots have no holes, the last row takes the place of one that leaves, so that the
 * rows are always the beginning of each array.
 */
export class RowPool implements ReadCache {
  /** Those of all rows, after their last step. */
  readonly logits: CurrentLogits = new CurrentLogits();
  readonly #rows: PooledRow[] = [];
  #arrays: readonly PoolArray[] = [];
  #mask = new Float32Array(0);
  #slots = 0;
  #capacity = 0;

  get batch_size(): number {
    return this.#rows.length;
  }

  /** Tokens of the longest row. */
  get length(): number {
    return Math.max(0, ...this.lengths);
  }

  /** Tokens of each row. */
  get lengths(): number[] {
    return this.#rows.map(({ tokens }) => tokens.length);
  }

  /** Columns of each slot. */
  get capacity(): number {
    return this.#capacity;
  }

  /** The caches whose rows these are, in the order of the slots. */
  get caches(): KeyValueCache[] {
    return this.#rows.map(({ cache }) => cache);
  }

  /** Copies the one row of a cache into a slot of its own. */
  join(cache: KeyValueCache): void {
    const { past_mask: _, ...columns } = cache.feeds();
    const { tokens, visible } = cache.rows;
    const row: PooledRow = { cache, tokens: tokens[0]!, visible: visible[0]! };
    const slot = this.#rows.length;
    if (this.#arrays.length === 0) this.#arrays = emptyArrays(columns);
    this.#makeRoom(slot + 1, row.tokens.length + 1);
    this.#rows.push(row);
    for (const array of this.#arrays) {
      const past = columns[PAST + array.name]!;
      this.#fill(array, slot, { data: cacheArrayIn(past), row: 0, capacity: past.dims[2]! });
    }
    this.#show(slot, 0);
  }

  /**
   * Gives a row's slot back.
   *
   * @param keep whether what the row has read since it joined is written into its cache
   */
  leave(cache: KeyValueCache, { keep }: { keep: boolean }): void {
    const slot = this.#rows.findIndex((row) => row.cache === cache);
    const row = this.#rows[slot]!;
    try {
      if (keep) this.#writeBack(slot, row);
    } finally {
      this.#remove(slot);
    }
  }

  feeds(): Record<string, Tensor> {
    const rows = this.#rows.length;
    const capacity = this.#capacity;
    const mask = this.#mask.subarray(0, rows * capacity);
    const feeds: Record<string, Tensor> = { past_mask: new Tensor("float32", mask, [rows, capacity]) };
    for (const { name, heads, width, data } of this.#arrays) {
      const used = data.subarray(0, rows * heads * capacity * width);
      feeds[PAST + name] = cacheTensor(used, [rows, heads, capacity, width]);
    }
    return feeds;
  }

  append(outputs: Readonly<Record<string, Tensor>>, { visible, tokens }: NewColumns): void {
    const count = visible[0]!.length;
    this.#makeRoom(this.#rows.length, this.length + count);
    for (const { name, heads, width, data } of this.#arrays) {
      const source = cacheArrayIn(outputs[NEW + name]!);
      for (const [slot, row] of this.#rows.entries()) {
        for (let head = slot * heads; head < (slot + 1) * heads; head++) {
          const columns = source.subarray(head * count * width, (head + 1) * count * width);
          data.set(columns, (head * this.#capacity + row.tokens.length) * width);
        }
      }
    }
    for (const [slot, row] of this.#rows.entries()) {
      row.tokens.push(...tokens![slot]!);
      row.visible.push(...visible[slot]!);
      this.#show(slot, row.tokens.length - count);
    }
  }

  #remove(slot: number): void {
    const last = this.#rows.pop()!;
    if (slot < this.#rows.length) {
      this.#rows[slot] = last;
      const from = this.#rows.length;
      for (const array of this.#arrays) this.#fill(array, slot, { ...array, row: from, capacity: this.#capacity });
      this.#show(slot, 0);
    }
    if (2 * wholeBlocks(this.length + 1) <= this.#capacity) this.#layOut(this.#rows.length, this.length + 1);
  }

  #writeBack(slot: number, { cache, tokens, visible }: PooledRow): void {
    const start = cache.length;
    const count = tokens.length - start;
    const outputs = Object.fromEntries(
      this.#arrays.map((array) => {
        const { name, heads, width, dtype } = array;
        const columns = newCacheArray(dtype, heads * count * width);
        const from = { data: array.data.subarray(start * width), row: slot, capacity: this.#capacity };
        copyRow(array, count, from, { data: columns, row: 0, capacity: count });
        return [NEW + name, cacheTensor(columns, [1, heads, count, width])];
      }),
    );
    cache.append(outputs, { tokens: [tokens.slice(start)], visible: [visible.slice(start)], spare: 0 });
  }

  #makeRoom(rows: number, columns: number): void {
    if (rows <= this.#slots && columns <= this.#capacity) return;
    // Half as many slots again, so that rows that join one by one are not all copied each time.
    const slots = rows <= this.#slots ? this.#slots : Math.max(rows, Math.ceil(1.5 * this.#slots));
    this.#layOut(slots, Math.max(columns, this.length));
  }

  /** Moves everything into arrays of another size, one after the other. */
  #layOut(slots: number, columns: number): void {
    const capacity = wholeBlocks(columns);
    for (const array of this.#arrays) {
      const { data, heads, width, dtype } = array;
      array.data = newCacheArray(dtype, slots * heads * capacity * width);
      for (const [row, { tokens }] of this.#rows.entries()) {
        const from = { data, row, capacity: this.#capacity };
        copyRow(array, tokens.length, from, { data: array.data, row, capacity });
      }
    }
    this.#slots = slots;
    this.#capacity = capacity;
    this.#mask = new Float32Array(slots * capacity);
    for (const slot of this.#rows.keys()) this.#show(slot, 0);
  }

  /** Copies a row's columns into its slot. */
  #fill(array: PoolArray, slot: number, from: RowPlace): void {
    const { data, heads, width } = array;
    const size = heads * this.#capacity * width;
    // Hidden columns are still multiplied: what another call left there might be no number.
    data.fill(0, slot * size, (slot + 1) * size);
    copyRow(array, this.#rows[slot]!.tokens.length, from, { data, row: slot, capacity: this.#capacity });
  }

  /** Brings the mask of a slot up to date, from column `start` on. */
  #show(slot: number, start: number): void {
    const { visible } = this.#rows[slot]!;
    const mask = this.#mask.subarray(slot * this.#capacity, (slot + 1) * this.#capacity);
    if (start === 0) mask.fill(HIDDEN);
    for (let at = start; at < visible.length; at++) if (visible[at]) mask[at] = 0;
  }
}

function wholeBlocks(columns: number): number {
  return Math.ceil(columns / BLOCK) * BLOCK;
}

function emptyArrays(columns: Readonly<Record<string, Tensor>>): PoolArray[] {
  return Object.entries(columns).map(([name, { dims, type }]) => ({
    name: name.slice(PAST.length),
    heads: dims[1]!,
    width: dims[3]!,
    dtype: type as CacheDtype,
    data: newCacheArray(type as CacheDtype, 0),
  }));
}

/** Copies the first `count` columns of a row. */
function copyRow(
  { heads, width }: { heads: number; width: number },
  count: number,
  from: RowPlace,
  to: RowPlace,
): void {
  for (let head = 0; head < heads; head++) {
    const start = (from.row * heads + head) * from.capacity * width;
    const columns = from.data.subarray(start, start + count * width);
    to.data.set(columns, (to.row * heads + head) * to.capacity * width);
  }
}
