import type { CacheDtype } from "@internvl/config";
import { type CacheArray, newCacheArray } from "./cache-array.js";

/** A row that takes the columns from `start` on of row `from`; what comes before is the same in both. */
export interface RowMove {
  row: number;
  from: number;
  start: number;
}

/** The sizes of a store's arrays. */
export interface StoreSize {
  /** Key and value arrays: two a layer. */
  arrays: number;
  batch: number;
  heads: number;
  head_dim: number;
  /** Columns of the arrays, each for one token. */
  capacity: number;
  dtype: CacheDtype;
}

/** A capacity, and for how many columns memory is reserved, so that it can become so many without a copy: at least that. */
export interface StoreRoom {
  capacity: number;
  reserved: number;
}

/** The first `count` columns of row `from` of a store. */
interface StoreRow {
  store: CacheStore;
  from: number;
  count: number;
}

/**
 * The arrays of a cache, `[batch, heads, capacity, head_dim]` each: key and value of layer 0, key and value of layer 1, …
 *
 * Each lies at the beginning of a buffer that may be larger. Where it is, the capacity grows within the buffer: memory that
 * was not written to yet costs nothing, and no array is thrown away.
 *
 * Several caches may hold one store (`KeyValueCache.fork`). Columns from `used` on are nobody's yet, so one of them may
 * go on writing there; what is below only a single owner may change.
 */
export class CacheStore {
  owners = 1;
  used = 0;
  /** Columns that the buffers are long enough for. */
  readonly reserved: number;
  readonly #buffers: CacheArray[];
  #size: StoreSize;
  #arrays: readonly CacheArray[];

  constructor(size: StoreSize, buffers: CacheArray[], reserved: number = size.capacity) {
    this.reserved = reserved;
    this.#buffers = buffers;
    this.#size = size;
    this.#arrays = beginnings(buffers, size);
  }

  static empty(size: StoreSize): CacheStore {
    return new CacheStore(
      size,
      Array.from({ length: size.arrays }, () => emptyArray(size)),
    );
  }

  get size(): Readonly<StoreSize> {
    return this.#size;
  }

  get arrays(): readonly CacheArray[] {
    return this.#arrays;
  }

  /** What is reserved. */
  get byteLength(): number {
    return this.#buffers.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  /**
   * Makes the arrays longer, up to what is reserved. For a single owner between two runs: others, and a run, read the
   * arrays that were there before.
   */
  grow(capacity: number): void {
    const { batch, heads, head_dim, capacity: before } = this.#size;
    for (const buffer of this.#buffers) {
      // From the last on, so that none is written over before it was moved. The first stays where it is.
      for (let head = batch * heads - 1; head > 0; head--) {
        const start = head * before * head_dim;
        buffer.copyWithin(head * capacity * head_dim, start, start + this.used * head_dim);
      }
    }
    this.#size = { ...this.#size, capacity };
    this.#arrays = beginnings(this.#buffers, this.#size);
  }

  /** Writes `count` columns from column `at` on: `data` is `[batch, heads, count, head_dim]`. */
  write(array: number, data: CacheArray, at: number, count: number): void {
    const { batch, heads, head_dim, capacity } = this.size;
    const target = this.arrays[array]!;
    const width = count * head_dim;
    for (let head = 0; head < batch * heads; head++) {
      target.set(data.subarray(head * width, (head + 1) * width), (head * capacity + at) * head_dim);
    }
  }

  /** The first `count` columns of an array, without the room behind them. */
  read(array: number, count: number): CacheArray {
    const { batch, heads, head_dim, capacity, dtype } = this.size;
    const source = this.arrays[array]!;
    const width = count * head_dim;
    const compact = newCacheArray(dtype, batch * heads * width);
    for (let head = 0; head < batch * heads; head++) {
      const start = head * capacity * head_dim;
      compact.set(source.subarray(start, start + width), head * width);
    }
    return compact;
  }

  /**
   * A store of other arrays with these rows, all of which end at column `end`: what a row is shorter is empty before it. Drops
   * each array that nobody else holds once it is copied, so that a cache that grows needs the memory of one array more and not
   * of all.
   *
   * @param rows at least one, of stores whose arrays differ in their capacity and batch alone
   */
  static join(rows: readonly StoreRow[], end: number, { capacity, reserved }: StoreRoom): CacheStore {
    const { heads, head_dim, ...first } = rows[0]!.store.size;
    const size = { ...first, heads, head_dim, batch: rows.length, capacity };
    const buffers = Array.from({ length: size.arrays }, (_, index) => {
      const target = emptyArray({ ...size, capacity: reserved });
      for (const [row, { store, from, count }] of rows.entries()) {
        const source = store.#buffers[index]!;
        for (let head = 0; head < heads; head++) {
          const start = (from * heads + head) * store.size.capacity * head_dim;
          const at = ((row * heads + head) * capacity + end - count) * head_dim;
          target.set(source.subarray(start, start + count * head_dim), at);
        }
      }
      for (const { store } of rows) if (store.owners === 0) store.#buffers[index] = EMPTY;
      return target;
    });
    const joined = new CacheStore(size, buffers, reserved);
    joined.used = end;
    return joined;
  }

  /** Copies columns up to `end` between rows. All are read before one is written: rows may change places. */
  move(moves: readonly RowMove[], end: number): void {
    const { heads, head_dim, capacity, dtype } = this.size;
    const segments = moves.flatMap(({ row, from, start }) =>
      Array.from({ length: heads }, (_, head) => ({
        source: ((from * heads + head) * capacity + start) * head_dim,
        target: ((row * heads + head) * capacity + start) * head_dim,
        width: (end - start) * head_dim,
      })),
    );
    const staged = newCacheArray(
      dtype,
      segments.reduce((sum, { width }) => sum + width, 0),
    );
    for (const array of this.arrays) {
      let at = 0;
      for (const { source, width } of segments) {
        staged.set(array.subarray(source, source + width), at);
        at += width;
      }
      at = 0;
      for (const { target, width } of segments) {
        array.set(staged.subarray(at, at + width), target);
        at += width;
      }
    }
  }
}

const EMPTY = new Float32Array(0);

function beginnings(buffers: readonly CacheArray[], { batch, heads, capacity, head_dim }: StoreSize): CacheArray[] {
  const length = batch * heads * capacity * head_dim;
  return buffers.map((buffer) => (buffer.length === length ? buffer : buffer.subarray(0, length)));
}

function emptyArray({ batch, heads, capacity, head_dim, dtype }: StoreSize): CacheArray {
  return newCacheArray(dtype, batch * heads * capacity * head_dim);
}
