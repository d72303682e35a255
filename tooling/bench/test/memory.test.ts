import { expect, it } from "vitest";
import { residentParts, unaccounted } from "../src/child/memory.js";

it.runIf(process.platform === "linux")(
  "splits what is resident into files and the rest, and knows JavaScript's part",
  () => {
    const before = residentParts()!;
    const { rss } = process.memoryUsage();
    expect((before.files + before.anonymous) / rss).toBeGreaterThan(0.9);
    expect((before.files + before.anonymous) / rss).toBeLessThan(1.1);
    const bytes = 100 * 2 ** 20;
    const array = new Uint8Array(bytes).fill(1);
    const after = residentParts()!;
    expect((after.arrays - before.arrays) / bytes).toBeCloseTo(1, 1);
    expect((after.anonymous - before.anonymous) / bytes).toBeCloseTo(1, 1);
    // What JavaScript knows of is not counted as somebody else's.
    expect(Math.abs(unaccounted(after) - unaccounted(before))).toBeLessThan(0.3 * bytes);
    expect(array[bytes - 1]).toBe(1);
  },
);
