import { Tensor } from "@internvl/core";
import { KeyValueCache } from "@internvl/model";
import { describe, expect, it } from "vitest";
import { RowPool } from "../src/engine/row-pool.js";
import { appendBoth, newColumns, outputsOf, SHAPE, SlowCache, slowFedRows } from "./slow-cache.js";

const { num_key_value_heads: heads, head_dim } = SHAPE;

function filled(length: number, visible?: (row: number, at: number) => number) {
  const cache = new KeyValueCache(1, SHAPE);
  const slow = new SlowCache([[]]);
  appendBoth(cache, slow, newColumns(1, length, visible));
  return { cache, slow };
}

/** What the graph is fed of each row, up to its length; everything behind must be hidden. */
function fedRows(pool: RowPool) {
  const feeds = pool.feeds();
  const { data: mask, dims } = feeds["past_mask"]!;
  const [rows, capacity] = dims as [number, number];
  expect(rows).toBe(pool.batch_size);
  return pool.lengths.map((length, row) => {
    const hidden = (mask as Float32Array).slice(row * capacity + length, (row + 1) * capacity);
    expect(hidden.every((value) => value < -1e8)).toBe(true);
    return Array.from({ length }, (_, at) => ({
      visible: (mask as Float32Array)[row * capacity + at] === 0 ? 1 : 0,
      numbers: Array.from({ length: 2 * SHAPE.num_hidden_layers }, (_, array) =>
        Array.from({ length: heads }, (_, head) => {
          const tensor = feeds[`past_key_values.${array >> 1}.${array % 2 ? "value" : "key"}`]!;
          expect(tensor.dims).toEqual([rows, heads, capacity, head_dim]);
          const start = ((row * heads + head) * capacity + at) * head_dim;
          return Array.from((tensor.data as Float32Array).subarray(start, start + head_dim));
        }),
      ),
    }));
  });
}

function step(pool: RowPool, rows: readonly SlowCache[]): void {
  const columns = newColumns(rows.length, 1);
  pool.append(outputsOf(columns), {
    visible: columns.map((row) => row.map(({ visible }) => visible)),
    tokens: columns.map((row) => row.map(({ token }) => token)),
    spare: 0,
  });
  for (const [index, row] of rows.entries()) row.append([columns[index]!]);
}

const expectRows = (pool: RowPool, rows: readonly SlowCache[]) =>
  expect(fedRows(pool)).toEqual(rows.flatMap((row) => slowFedRows(row)));

describe("a pool of rows", () => {
  it("holds rows of any length, that come, grow and go", () => {
    const pool = new RowPool();
    const [a, b, c, d] = [filled(3), filled(130), filled(7, (_, at) => Number(at > 2)), filled(1)];
    pool.join(a.cache);
    pool.join(b.cache);
    expectRows(pool, [a.slow, b.slow]);
    for (let i = 0; i < 3; i++) step(pool, [a.slow, b.slow]);
    pool.join(c.cache);
    for (let i = 0; i < 130; i++) step(pool, [a.slow, b.slow, c.slow]);
    expectRows(pool, [a.slow, b.slow, c.slow]);
    expect(pool.length).toBe(263);

    // The last row moves into the place of the first.
    pool.leave(a.cache, { keep: false });
    expect(pool.caches).toEqual([c.cache, b.cache]);
    step(pool, [c.slow, b.slow]);
    pool.join(d.cache);
    step(pool, [c.slow, b.slow, d.slow]);
    expectRows(pool, [c.slow, b.slow, d.slow]);
    pool.leave(d.cache, { keep: false });
    expectRows(pool, [c.slow, b.slow]);
    expect(a.cache.length).toBe(3);
  });

  it("writes what a row has read into its cache, where somebody goes on with it", () => {
    const pool = new RowPool();
    const [a, b] = [filled(3, (_, at) => Number(at > 0)), filled(20)];
    pool.join(a.cache);
    pool.join(b.cache);
    for (let i = 0; i < 5; i++) step(pool, [a.slow, b.slow]);
    pool.leave(a.cache, { keep: true });
    expect(a.cache.rows.tokens).toEqual(a.slow.rows.map((row) => row.map(({ token }) => token)));
    const again = new RowPool();
    again.join(a.cache);
    expectRows(again, [a.slow]);

    // A cache that was emptied when its row was copied gets all of it.
    b.cache.reset();
    pool.leave(b.cache, { keep: true });
    again.join(b.cache);
    expectRows(again, [a.slow, b.slow]);
  });

  it("leaves nothing of a row in its slot, which might be no number", () => {
    const pool = new RowPool();
    const [a, broken, short] = [filled(4), filled(60), filled(2)];
    const nan = Object.fromEntries(
      Object.entries(outputsOf(newColumns(1, 60))).map(([name, { dims }]) => [
        name,
        new Tensor("float32", new Float32Array(heads * 60 * head_dim).fill(Number.NaN), dims),
      ]),
    );
    broken.cache.reset();
    broken.cache.append(nan, { visible: [new Array<number>(60).fill(1)], spare: 0 });
    for (const { cache } of [a, broken, short]) pool.join(cache);
    const finite = () =>
      Object.values(pool.feeds()).every(({ data }) => (data as Float32Array).every((value) => Number.isFinite(value)));
    expect(finite()).toBe(false);
    // "short" takes its place.
    pool.leave(broken.cache, { keep: false });
    expect(finite()).toBe(true);
    expectRows(pool, [a.slow, short.slow]);

    pool.join(broken.cache);
    pool.leave(broken.cache, { keep: false });
    const next = filled(3);
    pool.join(next.cache);
    expect(finite()).toBe(true);
    expectRows(pool, [a.slow, short.slow, next.slow]);
  });

  it("has room for the longest row and little more, and gives back what a long one needed", () => {
    const pool = new RowPool();
    const [short, long] = [filled(10), filled(1000)];
    pool.join(short.cache);
    expect(pool.capacity).toBe(128);
    pool.join(long.cache);
    expect(pool.capacity).toBe(1024);
    pool.leave(long.cache, { keep: false });
    expect(pool.capacity).toBe(128);
    expectRows(pool, [short.slow]);
  });
});
