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
  /** Columns, each for one token. */
  capacity: number;
}

/**
 * The arrays of a cache, `[batch, heads, capacity, head_dim]` each: key and value of layer 0, key and value of layer 1, …
 *
 * Several caches may hold one store (`KeyValueCache.fork`). Columns from `used` on are nobody's yet, so one of them may
 * go on writing there; what is below only a single owner may change.
 */
export class CacheStore {
  readonly size: StoreSize;
  readonly arrays: Float32Array[];
  owners = 1;
  used = 0;

  constructor(size: StoreSize, arrays: Float32Array[]) {
    this.size = size;
    this.arrays = arrays;
  }

  static empty(size: StoreSize): CacheStore {
    return new CacheStore(
      size,
      Array.from({ length: size.arrays }, () => emptyArray(size)),
    );
  }

  get byteLength(): number {
    return this.arrays.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  /** Writes `count` columns from column `at` on: `data` is `[batch, heads, count, head_dim]`. */
  write(array: number, data: Float32Array, at: number, count: number): void {
    const { batch, heads, head_dim, capacity } = this.size;
    const target = this.arrays[array]!;
    const width = count * head_dim;
    for (let head = 0; head < batch * heads; head++) {
      target.set(data.subarray(head * width, (head + 1) * width), (head * capacity + at) * head_dim);
    }
  }

  /** The first `count` columns of an array, without the room behind them. */
  read(array: number, count: number): Float32Array {
    const { batch, heads, head_dim, capacity } = this.size;
    const source = this.arrays[array]!;
    const width = count * head_dim;
    const compact = new Float32Array(batch * heads * width);
    for (let head = 0; head < batch * heads; head++) {
      const start = head * capacity * head_dim;
      compact.set(source.subarray(start, start + width), head * width);
    }
    return compact;
  }

  /**
   * A store of other arrays with the first `count` columns of `rows`, in that order.
   *
   * @param consume drops each array here once it is copied, so that a cache that grows needs the memory of one array more
   *   and not of all
   */
  select(rows: readonly number[], count: number, capacity: number, consume: boolean): CacheStore {
    const { heads, head_dim } = this.size;
    const size = { ...this.size, batch: rows.length, capacity };
    const arrays = this.arrays.map((source, index) => {
      const target = emptyArray(size);
      for (const [row, from] of rows.entries()) {
        for (let head = 0; head < heads; head++) {
          const start = (from * heads + head) * this.size.capacity * head_dim;
          target.set(source.subarray(start, start + count * head_dim), (row * heads + head) * capacity * head_dim);
        }
      }
      if (consume) this.arrays[index] = EMPTY;
      return target;
    });
    const selected = new CacheStore(size, arrays);
    selected.used = count;
    return selected;
  }

  /** Copies columns up to `end` between rows. All are read before one is written: rows may change places. */
  move(moves: readonly RowMove[], end: number): void {
    const { heads, head_dim, capacity } = this.size;
    const segments = moves.flatMap(({ row, from, start }) =>
      Array.from({ length: heads }, (_, head) => ({
        source: ((from * heads + head) * capacity + start) * head_dim,
        target: ((row * heads + head) * capacity + start) * head_dim,
        width: (end - start) * head_dim,
      })),
    );
    const staged = new Float32Array(segments.reduce((sum, { width }) => sum + width, 0));
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

function emptyArray({ batch, heads, capacity, head_dim }: StoreSize): Float32Array {
  return new Float32Array(batch * heads * capacity * head_dim);
}
