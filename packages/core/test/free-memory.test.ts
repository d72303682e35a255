import { freeMemory } from "@internvl/core";
import { afterEach, describe, expect, it } from "vitest";

const prototype = ArrayBuffer.prototype as { transfer?: unknown };
const own = Object.getOwnPropertyDescriptor(prototype, "transfer");

afterEach(() => {
  delete prototype.transfer;
  if (own !== undefined) Object.defineProperty(prototype, "transfer", own);
});

describe("freeMemory", () => {
  it("empties an array and all views of its buffer, and gives back what they held", async () => {
    delete prototype.transfer;
    freeMemory(new Float32Array(1));
    // From the next turn on, the port that it hands memory to is closed.
    await new Promise((resolve) => setTimeout(resolve, 10));
    const before = process.memoryUsage().arrayBuffers;
    for (let round = 0; round < 200; round++) {
      const values = new Float32Array(1e6).fill(round);
      const view = values.subarray(10, 20);
      freeMemory(values);
      expect([values.length, view.length, values.buffer.byteLength]).toEqual([0, 0, 0]);
    }
    // 800 MB came and went: without a collector in between, some of it would still be there.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8e6);
  });

  it("asks the engine itself where it can", () => {
    const lengths: number[] = [];
    Object.defineProperty(prototype, "transfer", {
      configurable: true,
      value(this: ArrayBuffer, length: number) {
        lengths.push(this.byteLength, length);
        return structuredClone(this, { transfer: [this] });
      },
    });
    const values = new Float32Array(6);
    freeMemory(values);
    expect(lengths).toEqual([24, 0]);
    expect(values.length).toBe(0);
  });
});
