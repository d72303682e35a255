import type { CacheDtype } from "@internvl/config";
import { KeyValueCache } from "@internvl/model";
import { describe, expect, it } from "vitest";
import {
  appendBoth,
  fedRows,
  newColumns,
  outputsOf,
  SHAPE,
  SlowCache,
  seenColumns,
  slowFedRows,
} from "./slow-cache.js";

/** A cache and the slow one, of `batch` rows with `length` columns. */
function both(batch: number, length: number, cache_dtype?: CacheDtype): { cache: KeyValueCache; slow: SlowCache } {
  const cache = new KeyValueCache(batch, { ...SHAPE, cache_dtype });
  const slow = new SlowCache(Array.from({ length: batch }, () => []));
  if (length > 0) appendBoth(cache, slow, newColumns(batch, length));
  return { cache, slow };
}

function expectSame(cache: KeyValueCache, slow: SlowCache): void {
  expect(cache.length).toBe(slow.length);
  expect(cache.batch_size).toBe(slow.rows.length);
  expect(fedRows(cache)).toEqual(slowFedRows(slow));
  expect(cache.attention_mask).toEqual(slow.rows.map((row) => row.map(({ visible }) => visible)));
  expect(seenColumns(cache)).toBe(slow.rows.flat().filter(({ visible }) => visible).length);
  expect(cache.commonPrefix(slow.rows.map((row) => row.map(({ token }) => token)))).toBe(slow.length);
}

/** The first so many columns of each row, as caches of one row each that become one cache. */
function joined(cache: KeyValueCache, slow: SlowCache, lengths: readonly number[], spare: number) {
  const rows = lengths.map((length, row) => {
    const own = cache.fork();
    own.batch_select_indices([row]);
    own.crop(length);
    return own;
  });
  const [padding] = newColumns(1, slow.length, () => 0) as [SlowCache["rows"][number]];
  for (const { numbers } of padding) for (const heads of numbers) for (const head of heads) head.fill(0);
  const padded = lengths.map((length, row) => [...padding.slice(length), ...slow.rows[row]!.slice(0, length)]);
  const whole = new KeyValueCache(lengths.length, cache.shape);
  whole.joinRows(
    rows,
    padded.map((row) => row.map(({ token }) => token)),
    spare,
  );
  expect(rows.every(({ disposed }) => disposed)).toBe(true);
  return { cache: whole, slow: new SlowCache(padded) };
}

/** The array of layer 0's keys, to see whether another cache has the same one. */
const arrayOf = (cache: KeyValueCache) => cache.feeds()["past_key_values.0.key"]!.data as Float32Array;

/** Integers below `n`, the same in every run (Park and Miller 1988). */
function integers(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (state * 48271) % 2147483647;
    return state % n;
  };
}

describe("KeyValueCache", () => {
  it.each([
    [1, "float32"],
    [2, "float32"],
    [3, "float32"],
    [4, "float32"],
    [5, "float16"],
    [6, "float16"],
    [7, "float16"],
  ] as const)("holds what a plain cache holds after any operations in any order (%i, %s)", (seed, cache_dtype) => {
    const below = integers(seed);
    const pairs = [both(1 + below(3), below(6), cache_dtype)];
    const operations: ((pair: (typeof pairs)[number]) => void)[] = [
      ({ cache, slow }) => appendBoth(cache, slow, newColumns(cache.batch_size, 1), 4),
      ({ cache, slow }) => appendBoth(cache, slow, newColumns(cache.batch_size, 1), 4),
      ({ cache, slow }) =>
        appendBoth(
          cache,
          slow,
          newColumns(cache.batch_size, 1 + below(5), () => below(2)),
          below(9),
        ),
      ({ cache, slow }) =>
        appendBoth(cache, slow, newColumns(cache.batch_size, 1 + below(5)), below(9), slow.length + below(30)),
      ({ cache, slow }) => {
        const length = below(slow.length + 3);
        cache.crop(length);
        slow.crop(length);
      },
      ({ cache, slow }) => {
        const count = below(slow.length + 1);
        cache.crop(-count);
        slow.crop(slow.length - count);
      },
      ({ cache, slow }) => {
        const rows = Array.from({ length: cache.batch_size }, () => below(cache.batch_size));
        cache.reorder_cache(rows);
        slow.select(rows);
      },
      ({ cache, slow }) => {
        const rows = Array.from({ length: 1 + below(4) }, () => below(cache.batch_size));
        cache.batch_select_indices(rows);
        slow.select(rows);
      },
      ({ cache, slow }) => {
        if (cache.batch_size > 3) return;
        cache.batch_repeat_interleave(2);
        slow.select(slow.rows.flatMap((_, row) => [row, row]));
      },
      ({ cache, slow }) => void pairs.push({ cache: cache.fork(), slow: slow.copy() }),
      ({ cache, slow }) => void pairs.push({ cache: cache.fork(), slow: slow.copy() }),
      ({ cache, slow }) => void pairs.push({ cache: KeyValueCache.load(cache.save(), cache.shape), slow: slow.copy() }),
      ({ cache, slow }) => {
        if (slow.length === 0) return;
        const lengths = slow.rows.map((_, row) => (row === 0 ? slow.length : below(slow.length + 1)));
        pairs.push(joined(cache, slow, lengths, below(9)));
      },
      (pair) => {
        if (pairs.length === 1) return;
        pair.cache.dispose();
        pairs.splice(pairs.indexOf(pair), 1);
      },
      ({ cache, slow }) => {
        if (below(4) > 0) return;
        cache.reset();
        slow.crop(0);
      },
    ];
    for (let step = 0; step < 120; step++) {
      operations[below(operations.length)]!(pairs[below(pairs.length)]!);
      for (const { cache, slow } of pairs) expectSame(cache, slow);
    }
  });

  it("makes room as it is asked to, and keeps what it holds when it grows", () => {
    const { cache, slow } = both(2, 5);
    expect(cache.capacity).toBe(5);
    appendBoth(cache, slow, newColumns(2, 2), 4);
    expect(cache.capacity).toBeGreaterThanOrEqual(11);
    for (let token = 7; token < 90; token++) appendBoth(cache, slow, newColumns(2, 1), 4);
    expectSame(cache, slow);

    // A quarter of what there is, at least 128 tokens and at most what may follow, in steps of 64.
    for (const [length, spare, capacity] of [
      [100, 20, 128],
      [100, Number.POSITIVE_INFINITY, 256],
      [1000, Number.POSITIVE_INFINITY, 1280],
      [1000, 70, 1088],
    ] as const) {
      const long = new KeyValueCache(1, SHAPE);
      appendBoth(long, new SlowCache([[]]), newColumns(1, length), spare);
      expect(long.capacity).toBe(capacity);
    }

    const reserved = new KeyValueCache(2, SHAPE, { max_cache_len: 50 });
    const before = arrayOf(reserved);
    appendBoth(reserved, new SlowCache([[], []]), newColumns(2, 50));
    expect(arrayOf(reserved)).toBe(before);
    appendBoth(reserved, new SlowCache([[], []]), newColumns(2, 1));
    expect(reserved.capacity).toBe(51);
    reserved.reset();
    expect([reserved.length, reserved.capacity, reserved.batch_size]).toEqual([0, 50, 2]);
  });

  it("reserves memory for a prompt at once and is fed no more of it than was read", () => {
    const { cache, slow } = both(2, 0);
    const buffers = new Set<unknown>();
    for (const length of [30, 60, 90]) {
      appendBoth(cache, slow, newColumns(2, 30), 200, 100);
      expect(cache.capacity).toBe(length);
      buffers.add(arrayOf(cache).buffer);
      expectSame(cache, slow);
    }
    appendBoth(cache, slow, newColumns(2, 10), 200, 100);
    // 128 tokens may follow at once, in steps of 64.
    expect(cache.capacity).toBe(256);
    expect(cache.byteLength).toBe(256 * cache.bytesPerToken);
    buffers.add(arrayOf(cache).buffer);
    expect(buffers.size).toBe(1);
    expectSame(cache, slow);
  });

  it("moves nothing that a fork reads when it grows", () => {
    const { cache, slow } = both(2, 0);
    appendBoth(cache, slow, newColumns(2, 30), 0, 100);
    const fork = cache.fork();
    const forked = slow.copy();
    const before = arrayOf(fork);
    appendBoth(cache, slow, newColumns(2, 30), 0, 100);
    expect(arrayOf(fork)).toBe(before);
    appendBoth(fork, forked, newColumns(2, 5), 0, 35);
    expectSame(cache, slow);
    expectSame(fork, forked);
  });

  it("reserves memory for the rest of a prompt that begins as another", () => {
    const { cache, slow } = both(2, 20);
    const beginning = new KeyValueCache(2, SHAPE);
    beginning.continueFrom(cache, 12, { total: 50, spare: 0 });
    slow.crop(12);
    expect([beginning.capacity, beginning.byteLength]).toEqual([12, 50 * beginning.bytesPerToken]);
    const { buffer } = arrayOf(beginning);
    appendBoth(beginning, slow, newColumns(2, 38), 0);
    expect([beginning.capacity, arrayOf(beginning).buffer === buffer]).toEqual([50, true]);
    expectSame(beginning, slow);
  });

  it("crops as Transformers does: a length, or a number of tokens below zero", () => {
    const { cache } = both(2, 6);
    cache.crop(9);
    expect(cache.get_seq_length()).toBe(6);
    cache.crop(-2);
    cache.crop(-0);
    expect(cache.get_seq_length()).toBe(4);
    expect(() => cache.crop(-5)).toThrow(/Expected an integer of at least -4, got -5/);
    expect(() => cache.crop(1.5)).toThrow(/got 1.5/);
    cache.crop(0);
    expect(cache.get_seq_length()).toBe(0);
  });

  it("copies nothing that is equal when beams change places", () => {
    const { cache, slow } = both(1, 20);
    cache.batch_repeat_interleave(3);
    slow.select([0, 0, 0]);
    appendBoth(cache, slow, newColumns(3, 1), 30);
    const array = arrayOf(cache);
    // What is equal in all rows is not touched: a mark in the prompt's columns stays where it is.
    const rowSize = array.length / 3;
    array[rowSize] = -1;
    cache.reorder_cache([1, 0, 1]);
    expect(arrayOf(cache)).toBe(array);
    expect([array[0] === -1, array[rowSize], array[2 * rowSize] === -1]).toEqual([false, -1, false]);
    array[rowSize] = array[0]!;
    slow.select([1, 0, 1]);
    expectSame(cache, slow);
    // Rows 0 and 2 are the same now, so changing them copies nothing, their last columns neither.
    const lastColumn = 20 * SHAPE.head_dim;
    array[lastColumn] = -2;
    cache.reorder_cache([2, 1, 0]);
    expect(array[lastColumn]).toBe(-2);
    cache.reorder_cache([0, 1, 2]);
    expect([arrayOf(cache) === array, array[lastColumn]]).toEqual([true, -2]);
  });

  it("shares the arrays of a fork until one writes over what the other sees", () => {
    const { cache, slow } = both(2, 5);
    appendBoth(cache, slow, newColumns(2, 1), 30);
    const fork = cache.fork();
    const forked = slow.copy();
    expect(arrayOf(fork)).toBe(arrayOf(cache));
    // The first that reads on writes behind what both see.
    appendBoth(fork, forked, newColumns(2, 2));
    expect(arrayOf(fork)).toBe(arrayOf(cache));
    expectSame(cache, slow);
    appendBoth(cache, slow, newColumns(2, 1));
    expect(arrayOf(fork)).not.toBe(arrayOf(cache));
    expectSame(cache, slow);
    expectSame(fork, forked);
    // What was cropped belongs to nobody.
    cache.crop(2);
    slow.crop(2);
    const second = cache.fork();
    appendBoth(cache, slow, newColumns(2, 1));
    expect(arrayOf(second)).toBe(arrayOf(cache));
  });

  it("copies nothing once the other was disposed of", () => {
    const { cache, slow } = both(2, 5);
    appendBoth(cache, slow, newColumns(2, 1), 30);
    const fork = cache.fork();
    const array = arrayOf(cache);
    appendBoth(fork, slow.copy(), newColumns(2, 1));
    fork.dispose();
    fork.dispose();
    expect([fork.disposed, fork.byteLength, cache.disposed]).toEqual([true, 0, false]);
    appendBoth(cache, slow, newColumns(2, 1));
    cache.reorder_cache([1, 0]);
    slow.select([1, 0]);
    expect(arrayOf(cache)).toBe(array);
    expectSame(cache, slow);
  });

  it("says how much of a prompt it has, padding and unknown tokens aside", () => {
    const { cache, slow } = both(2, 0);
    appendBoth(
      cache,
      slow,
      newColumns(2, 4, (row, at) => (row === 0 && at === 0 ? 0 : 1)),
    );
    const ids = slow.rows.map((row) => row.map(({ token }) => token));
    const [first, second] = ids as [number[], number[]];
    expect(cache.commonPrefix([[-7, ...first.slice(1), 8], second.concat(9)])).toBe(4);
    expect(cache.commonPrefix([first, [...second.slice(0, 2), 0, second[3]!]])).toBe(2);
    expect(cache.commonPrefix([first.slice(0, 3), second])).toBe(3);
    expect(() => cache.commonPrefix([first])).toThrow(/Expected 2, as in the cache, got 1/);
  });

  it("knows where the pieces of prompts ended that filled it, as long as nothing of them is cut", () => {
    const { cache } = both(1, 0);
    const read = (count: number, isPiece: boolean) => {
      const outputs = outputsOf(newColumns(1, count));
      cache.append(outputs, { visible: [new Array<number>(count).fill(1)], spare: 0, isPiece });
    };
    for (const count of [4, 4, 1]) read(count, true);
    expect(cache.pieces).toEqual([4, 8, 9]);
    cache.crop(8);
    expect(cache.pieces).toEqual([4, 8]);
    // Steps are no pieces, and half of a piece is none.
    read(4, false);
    expect(cache.pieces).toEqual([4, 8, 0]);
    cache.crop(6);
    expect(cache.pieces).toEqual([4, 0]);
    read(2, true);
    expect(cache.pieces).toEqual([4, 0, 8]);
    expect(cache.fork().pieces).toEqual([4, 0, 8]);
    expect(KeyValueCache.load(cache.save(), SHAPE).pieces).toEqual([0]);
    cache.crop(0);
    read(4, true);
    expect(cache.pieces).toEqual([4]);
    cache.reset();
    expect(cache.pieces).toEqual([]);
  });

  it("hides what it is told to and never shows what is hidden", () => {
    const { cache } = both(2, 4);
    const fork = cache.fork();
    cache.hide([
      [1, 1, 1, 1],
      [1, 1, 0, 0],
    ]);
    cache.hide([
      [1, 1, 1, 1],
      [1, 1, 1, 1],
    ]);
    expect(cache.attention_mask).toEqual([
      [1, 1, 1, 1],
      [1, 1, 0, 0],
    ]);
    expect(seenColumns(cache)).toBe(6);
    expect(seenColumns(fork)).toBe(8);
  });

  it("refuses rows and sizes that cannot be", () => {
    const { cache } = both(2, 3);
    expect(() => cache.reorder_cache([0, 2])).toThrow(/Expected rows from 0 to 1, at least one, got 2/);
    expect(() => cache.reorder_cache([])).toThrow(/got none/);
    expect(() => cache.batch_repeat_interleave(0)).toThrow(/repeats.*got 0/s);
    expect(() => new KeyValueCache(0, SHAPE)).toThrow(/batch_size.*got 0/s);
    expect(() => new KeyValueCache(1, SHAPE, { max_cache_len: -1 })).toThrow(/max_cache_len.*got -1/s);
  });

  it("is an error to use after it was disposed of", () => {
    const { cache } = both(2, 1);
    expect(cache.byteLength).toBe(4 * 2 * 3 * 1 * 4 * 4);
    cache.dispose();
    expect([cache.byteLength, cache.length, cache.disposed]).toEqual([0, 0, true]);
    for (const use of [
      () => cache.feeds(),
      () => cache.crop(0),
      () => cache.fork(),
      () => cache.save(),
      () => cache.reset(),
      () => cache.reorder_cache([0, 1]),
    ]) {
      expect(use).toThrow(/disposed/);
    }
  });
});
