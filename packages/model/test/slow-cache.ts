import type { CacheDtype } from "@internvl/config";
import { Tensor } from "@internvl/core";
import type { KeyValueCache } from "@internvl/model";

/** A token of a row: what every array holds for it, and whether it may be seen. */
interface SlowColumn {
  token: number;
  visible: number;
  /** `[arrays][heads][head_dim]` */
  numbers: number[][][];
}

/** A cache as one would write it on paper: nothing is shared, and every operation copies everything. */
export class SlowCache {
  rows: SlowColumn[][];

  constructor(rows: SlowColumn[][]) {
    this.rows = rows;
  }

  get length(): number {
    return this.rows[0]!.length;
  }

  append(columns: SlowColumn[][]): void {
    this.rows = this.rows.map((row, index) => [...row, ...columns[index]!]);
  }

  crop(length: number): void {
    this.rows = this.rows.map((row) => row.slice(0, length));
  }

  select(rows: readonly number[]): void {
    this.rows = rows.map((row) => [...this.rows[row]!]);
  }

  copy(): SlowCache {
    return new SlowCache(this.rows.map((row) => [...row]));
  }
}

export const SHAPE = { num_hidden_layers: 2, num_key_value_heads: 3, head_dim: 4 };
const ARRAYS = 2 * SHAPE.num_hidden_layers;

let last = 0;

/** Columns whose numbers occur nowhere else. They are the bits of some float16 as well. */
export function newColumns(batch: number, count: number, visible: (row: number, at: number) => number = () => 1) {
  return Array.from({ length: batch }, (_, row) =>
    Array.from(
      { length: count },
      (_, at): SlowColumn => ({
        token: ++last,
        visible: visible(row, at),
        numbers: Array.from({ length: ARRAYS }, () =>
          Array.from({ length: SHAPE.num_key_value_heads }, () =>
            Array.from({ length: SHAPE.head_dim }, () => ++last % 2 ** 16),
          ),
        ),
      }),
    ),
  );
}

const nameOf = (prefix: string, array: number) => `${prefix}.${array >> 1}.${array % 2 ? "value" : "key"}`;

/** What a decoder's graph returns for these columns. */
export function outputsOf(columns: SlowColumn[][], dtype: CacheDtype = "float32"): Record<string, Tensor> {
  const dims = [columns.length, SHAPE.num_key_value_heads, columns[0]!.length, SHAPE.head_dim];
  return Object.fromEntries(
    Array.from({ length: ARRAYS }, (_, array) => {
      const numbers = columns.flatMap((row) =>
        Array.from({ length: SHAPE.num_key_value_heads }, (_, head) =>
          row.flatMap((column) => column.numbers[array]![head]!),
        ),
      );
      return [nameOf("new_key_values", array), tensorOf(dtype, numbers.flat(), dims)];
    }),
  );
}

function tensorOf(dtype: CacheDtype, numbers: number[], dims: number[]): Tensor {
  if (dtype === "float16") return new Tensor(dtype, Uint16Array.from(numbers), dims);
  return new Tensor(dtype, Float32Array.from(numbers), dims);
}

/** What lies in a tensor: of float16 the bits. */
export function numbersIn({ type, data }: Tensor): Float32Array | Uint16Array {
  const { buffer, byteOffset, length } = data as Float32Array;
  return type === "float16" ? new Uint16Array(buffer, byteOffset, length) : (data as Float32Array);
}

export function appendBoth(
  cache: KeyValueCache,
  slow: SlowCache,
  columns: SlowColumn[][],
  spare: number = 0,
  total?: number,
): void {
  cache.append(outputsOf(columns, cache.shape.cache_dtype), {
    visible: columns.map((row) => row.map(({ visible }) => visible)),
    tokens: columns.map((row) => row.map(({ token }) => token)),
    total,
    spare,
  });
  slow.append(columns);
}

/** What the graph is fed, back in the form of the slow cache; tokens are not fed. */
export function fedRows(cache: KeyValueCache): Omit<SlowColumn, "token">[][] {
  const feeds = cache.feeds();
  const mask = feeds["past_mask"]!;
  const [batch, capacity] = mask.dims as [number, number];
  return Array.from({ length: batch }, (_, row) =>
    Array.from({ length: cache.length }, (_, at) => ({
      visible: (mask.data as Float32Array)[row * capacity + at] === 0 ? 1 : 0,
      numbers: Array.from({ length: ARRAYS }, (_, array) =>
        Array.from({ length: SHAPE.num_key_value_heads }, (_, head) => {
          const start = ((row * SHAPE.num_key_value_heads + head) * capacity + at) * SHAPE.head_dim;
          const data = numbersIn(feeds[nameOf("past_key_values", array)]!);
          return Array.from(data.subarray(start, start + SHAPE.head_dim));
        }),
      ),
    })),
  );
}

export function slowFedRows(slow: SlowCache): Omit<SlowColumn, "token">[][] {
  return slow.rows.map((row) => row.map(({ visible, numbers }) => ({ visible, numbers })));
}

/** How many columns the mask lets through, unused room included. */
export function seenColumns(cache: KeyValueCache): number {
  return (cache.feeds()["past_mask"]!.data as Float32Array).filter((value) => value === 0).length;
}
