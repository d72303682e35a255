import { describe, expect, it } from "vitest";
import { pieceSize, readAlike } from "../src/engine/pieces.js";

const ONE = { batch: 1, heads: 14 };

describe("pieceSize", () => {
  it("is that of 128 tokens, and half of it behind many", () => {
    // 14 heads x 128 x 1755 tokens are 3 M.
    expect([0, 128, 1627, 1628].map((past) => pieceSize(ONE, past))).toEqual([128, 128, 128, 64]);
  });

  it("is what a call asks for, where the scores leave room", () => {
    expect(pieceSize({ ...ONE, prefill_chunk_size: 1000 }, 0)).toBe(1000);
    // 14 heads x 59 x 20,059 are 16 M.
    expect(pieceSize({ ...ONE, prefill_chunk_size: 1000 }, 20_000)).toBe(59);
    expect(pieceSize({ ...ONE, prefill_chunk_size: 5 }, 20_000)).toBe(5);
  });
});

describe("readAlike", () => {
  it("is as far as whole pieces were read that a prompt would be given, and no further than they have in common", () => {
    expect(readAlike([128, 256, 300], 300, ONE)).toBe(256);
    expect(readAlike([128, 256, 384], 383, ONE)).toBe(256);
    expect(readAlike([128, 256, 384], 384, ONE)).toBe(384);
    expect(readAlike([100, 228], 300, ONE)).toBe(0);
    expect(readAlike([], 300, ONE)).toBe(0);
  });

  it("ends at columns of which it is not known how they were read", () => {
    expect(readAlike([128, 0, 256], 300, ONE)).toBe(128);
    expect(readAlike([0, 128], 300, ONE)).toBe(0);
  });

  it("follows the sizes that a call asks for", () => {
    expect(readAlike([100, 200, 201], 300, { ...ONE, prefill_chunk_size: 100 })).toBe(200);
    expect(readAlike([100, 200, 201], 300, ONE)).toBe(0);
  });
});
