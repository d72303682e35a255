import { type ByteRange, type RangeReader, throwIfAborted } from "@internvl/core";
import { describe, expect, it } from "vitest";
import { FileEmbeddings } from "../src/table/file-embeddings.js";
import { planReads } from "../src/table/plan-reads.js";

const HIDDEN = 4;
/** Bytes of a row in int8. */
const ROW = HIDDEN;
const START = 100;

/** Rows `[id, id + 1, id + 2, id + 3]` (in 8 bits) with the scale 2, in a file that has something else around them. */
function open({ rows = 200, kept = 10_000, head = 0 } = {}) {
  const file = new Uint8Array(START + rows * ROW + 50).fill(77);
  for (let i = 0; i < rows * ROW; i++) file[START + i] = Math.floor(i / ROW) + (i % ROW);
  const reads: ByteRange[][] = [];
  const data: RangeReader = {
    byteLength: file.length,
    async read(ranges, { signal } = {}) {
      reads.push([...ranges]);
      await null;
      throwIfAborted(signal);
      return Uint8Array.from(ranges.flatMap(({ start, end }) => [...file.subarray(start, end)]));
    },
  };
  const place = { location: "file", start: START, end: START + rows * ROW };
  const embeddings = new FileEmbeddings({
    table: { rows, hidden: HIDDEN, dtype: "int8", data: place, scales: place },
    data,
    head: file.slice(START, START + head),
    scales: new Float32Array(rows).fill(2),
    kept_bytes: kept,
  });
  return {
    embeddings,
    reads,
    read: () =>
      reads
        .splice(0)
        .flat()
        .map(({ start, end }) => [start - START, end - START]),
  };
}

const row = (id: number) => Array.from({ length: HIDDEN }, (_, i) => 2 * (((id + i) << 24) >> 24));

describe("embeddings in a file", () => {
  it("are those of the ids, in the shape of the batch", async () => {
    const { embeddings } = open();
    const { data, dims } = await embeddings.lookUp([
      [0, 199, 5],
      [5, 130, 0],
    ]);
    expect(dims).toEqual([2, 3, HIDDEN]);
    expect([...(data as Float32Array)]).toEqual([0, 199, 5, 5, 130, 0].flatMap(row));
  });

  it("are read once for ids that repeat, together where they are close, and never past the table", async () => {
    const { embeddings, reads, read } = open();
    await embeddings.lookUp([[199, 198, 0, 0, 199]]);
    expect(reads.length).toBe(1);
    expect(read()).toEqual([[0, 200 * ROW]]);
  });

  it("are not read again while they are kept", async () => {
    const { embeddings, read } = open();
    await embeddings.lookUp([[3, 9]]);
    read();
    const { data } = await embeddings.lookUp([[9, 4, 3]]);
    expect(read()).toEqual([[4 * ROW, 5 * ROW]]);
    expect([...(data as Float32Array)]).toEqual([9, 4, 3].flatMap(row));
  });

  it("are not read where they stand at the table's beginning, which stays; half a row is none", async () => {
    const { embeddings, read } = open({ head: 2 * ROW + 1, kept: 0 });
    for (let time = 0; time < 2; time++) {
      const { data } = await embeddings.lookUp([[1, 2, 0]]);
      expect(read()).toEqual([[2 * ROW, 3 * ROW]]);
      expect([...(data as Float32Array)]).toEqual([1, 2, 0].flatMap(row));
    }
  });

  it("give the memory of those up that were not used for longest", async () => {
    const { embeddings, read } = open({ kept: 2 * ROW });
    await embeddings.lookUp([[1]]);
    await embeddings.lookUp([[2]]);
    await embeddings.lookUp([[1]]);
    read();
    await embeddings.lookUp([[3]]);
    expect(read()).toEqual([[3 * ROW, 4 * ROW]]);
    await embeddings.lookUp([[1]]);
    expect(read()).toEqual([]);
    const { data } = await embeddings.lookUp([[2]]);
    expect(read()).toEqual([[2 * ROW, 3 * ROW]]);
    expect([...(data as Float32Array)]).toEqual(row(2));
  });

  it("are right for more ids at once than are kept", async () => {
    const { embeddings } = open({ kept: 3 * ROW });
    const ids = Array.from({ length: 200 }, (_, id) => id);
    for (let time = 0; time < 2; time++) {
      const { data } = await embeddings.lookUp([ids]);
      expect([...(data as Float32Array)]).toEqual(ids.flatMap(row));
    }
  });

  it("are the caller's own", async () => {
    const { embeddings } = open();
    ((await embeddings.lookUp([[7]])).data as Float32Array).fill(0);
    expect([...((await embeddings.lookUp([[7]])).data as Float32Array)]).toEqual(row(7));
  });

  it("refuse ids that the table does not have", async () => {
    const { embeddings, read } = open();
    for (const id of [-1, 200, 1.5]) {
      await expect(embeddings.lookUp([[0, id]])).rejects.toMatchObject({ code: "INPUT_INVALID" });
    }
    expect(read()).toEqual([]);
  });

  it("are not looked up when the signal was aborted, before or in a read, and can be afterwards", async () => {
    const { embeddings, reads } = open();
    await expect(embeddings.lookUp([[0]], AbortSignal.abort())).rejects.toMatchObject({ code: "ABORTED" });
    expect(reads).toEqual([]);
    const controller = new AbortController();
    const looking = embeddings.lookUp([[0]], controller.signal);
    controller.abort();
    await expect(looking).rejects.toMatchObject({ code: "ABORTED" });
    expect([...((await embeddings.lookUp([[0]])).data as Float32Array)]).toEqual(row(0));
  });

  it("are gone when they were released", async () => {
    const { embeddings } = open();
    await embeddings.lookUp([[0]]);
    await embeddings.release();
    await embeddings.release();
    await expect(embeddings.lookUp([[0]])).rejects.toMatchObject({ code: "RELEASED" });
  });
});

describe("reads of rows", () => {
  const KB = 1024;

  it("go together up to a gap of 64 KB", () => {
    expect(planReads([0, 65], KB)).toEqual([[{ first: 0, end: 66, ids: [0, 65] }]]);
    expect(planReads([0, 66], KB)).toEqual([
      [
        { first: 0, end: 1, ids: [0] },
        { first: 66, end: 67, ids: [66] },
      ],
    ]);
  });

  it("bring 4 MB at most, gaps included", () => {
    const dense = Array.from({ length: 4 * 1024 + 1 }, (_, id) => id);
    expect(planReads(dense, KB).map((read) => read.map(({ first, end }) => [first, end]))).toEqual([
      [[0, 4096]],
      [[4096, 4097]],
    ]);
    const wide = Array.from({ length: 100 }, (_, index) => index * 60);
    expect(planReads(wide, KB).map((read) => read.map(({ first, end }) => [first, end]))).toEqual([
      [[0, 4081]],
      [[4140, 5941]],
    ]);
    expect(planReads([0, 100], 5 * KB * KB)).toHaveLength(2);
    expect(planReads([], KB)).toEqual([]);
  });

  it("have every id once, in ranges that ascend", () => {
    // A sequence that jumps near and far.
    const ids = [...new Set(Array.from({ length: 3000 }, (_, i) => (i * i * 7919) % 151_674))].sort((a, b) => a - b);
    const stretches = planReads(ids, 896).flat();
    expect(stretches.flatMap(({ ids }) => ids)).toEqual(ids);
    let end = -1;
    for (const stretch of stretches) {
      expect(stretch.first).toBeGreaterThanOrEqual(end);
      expect([stretch.first, stretch.end - 1]).toEqual([stretch.ids[0], stretch.ids.at(-1)]);
      end = stretch.end;
    }
  });
});
