import {
  type ExternalReadOptions,
  type ExternalTensor,
  external,
  GraphBuilder,
  PieceBuffers,
  writeModel,
} from "@internvl/onnx";
import { describe, expect, it } from "vitest";
import { MemorySink } from "./sinks.js";

const LENGTH = 256 * 1024;
const MEGABYTE = 1024 * 1024;

interface Log {
  began: number[];
  ended: number[];
}

/** A tensor filled with `index`, in pieces of 100 KB of the writer's memory. */
function filled(index: number, log: Log, waitingBytes?: number): ExternalTensor {
  return {
    byteLength: LENGTH,
    waitingBytes,
    async *bytes({ buffers }: ExternalReadOptions = {}) {
      log.began.push(index);
      try {
        for (let start = 0; start < LENGTH; start += 100_000) {
          await Promise.resolve();
          const piece = buffers!.take(Math.min(100_000, LENGTH - start));
          piece.fill(index);
          yield piece;
        }
      } finally {
        log.ended.push(index);
      }
    },
  };
}

function graphOf(tensors: readonly ExternalTensor[]): GraphBuilder {
  const g = new GraphBuilder({ name: "many" });
  for (const [i, data] of tensors.entries()) {
    g.output(`out${i}`, g.neg(g.initializer(`w${i}`, "int8", [data.byteLength], data)));
  }
  return g;
}

describe("writeModel", () => {
  it("begins tensors that say what they keep before their turn, within its limit, and writes all in order", async () => {
    const log: Log = { began: [], ended: [] };
    let atFirst: number[] | undefined;
    // Number 2 begins in its turn; 0, 1, 3 and 4 are begun at once, 5 does not fit beside them.
    const sizes = [undefined, 3 * MEGABYTE, undefined, 3 * MEGABYTE, 2 * MEGABYTE, MEGABYTE];
    const tensors = sizes.map((size, i) => filled(i + 1, log, size));
    const sink = new MemorySink();
    await writeModel(sink, "many.onnx", graphOf(tensors), {
      progress_callback: () => (atFirst ??= [...log.began]),
    });
    expect(atFirst).toEqual([2, 4, 5, 1]);
    expect(log.began).toEqual([2, 4, 5, 1, 6, 3]);
    const data = sink.files.get("many.onnx_data")!;
    expect(data.length).toBe(sizes.length * LENGTH);
    for (const i of sizes.keys()) {
      expect(data.subarray(i * LENGTH, (i + 1) * LENGTH).every((byte) => byte === i + 1)).toBe(true);
    }
  });

  it("lets go of what it began when another tensor fails", async () => {
    const log: Log = { began: [], ended: [] };
    const failing: ExternalTensor = {
      byteLength: 8,
      // biome-ignore lint/correctness/useYield: it fails before
      async *bytes() {
        throw new Error("unreadable");
      },
    };
    const graph = graphOf([failing, filled(1, log, MEGABYTE), filled(2, log, MEGABYTE)]);
    await expect(writeModel(new MemorySink(), "many.onnx", graph)).rejects.toThrow("unreadable");
    expect([...log.began].sort()).toEqual([1, 2]);
    expect([...log.ended].sort()).toEqual([1, 2]);
  });

  it("throws in its turn what a tensor threw that began early", async () => {
    const failing: ExternalTensor = { byteLength: 8, waitingBytes: 8, bytes: () => broken() };
    const whole = external(new Int8Array(LENGTH));
    await expect(writeModel(new MemorySink(), "many.onnx", graphOf([whole, failing]))).rejects.toThrow("broken");
  });
});

// biome-ignore lint/correctness/useYield: it fails before
async function* broken(): AsyncGenerator<Uint8Array> {
  throw new Error("broken");
}

describe("PieceBuffers", () => {
  it("lends memory again that was given back, and only its own", () => {
    const buffers = new PieceBuffers();
    const first = buffers.take(MEGABYTE);
    const second = buffers.take(100_000);
    expect([first.length, second.length]).toEqual([MEGABYTE, 100_000]);
    expect(second.buffer).not.toBe(first.buffer);
    buffers.give(new Uint8Array(MEGABYTE));
    buffers.give(first.subarray(10, 20));
    buffers.give(first);
    expect([buffers.has(first), buffers.has(second)]).toEqual([false, true]);
    expect(buffers.take(70_000).buffer).toBe(first.buffer);
    expect(buffers.take(70_000).buffer).not.toBe(first.buffer);
  });

  it("does not keep what is longer or shorter than is worth it", () => {
    const buffers = new PieceBuffers();
    for (const length of [1, 2 * MEGABYTE]) {
      const piece = buffers.take(length);
      expect([piece.length, buffers.has(piece)]).toEqual([length, false]);
    }
  });
});
