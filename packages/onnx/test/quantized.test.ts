import { GraphBuilder } from "@internvl/onnx";
import { describe, it } from "vitest";
import { matmul } from "./reference.js";
import { count, expectClose, floats, noise, noiseTensor, run } from "./run.js";

describe("matMulNBits", () => {
  // The third K leaves its only block, the second its last one, partly filled.
  it.each([
    { K: 128, bits: 4, block: 32, zeroPoints: false },
    { K: 144, bits: 4, block: 128, zeroPoints: true },
    { K: 112, bits: 4, block: 128, zeroPoints: false },
    { K: 112, bits: 4, block: 128, zeroPoints: true },
    { K: 112, bits: 8, block: 128, zeroPoints: false },
  ])("widens the weights: %o", async ({ K, bits, block, zeroPoints }) => {
    const [M, N] = [3, 5];
    const blocks = Math.ceil(K / block);
    const top = 2 ** bits;
    const codes = noise(N * blocks * block, 2).map((x) => Math.min(Math.floor(((x + 1) / 2) * top), top - 1));
    const scales = noise(N * blocks, 3);
    const zeros = Array.from({ length: N * blocks }, (_, i) => (zeroPoints ? (3 * i) % top : top / 2));
    const weight = Array.from({ length: K * N }, (_, i) => {
      const [k, n] = [Math.floor(i / N), i % N];
      const group = n * blocks + Math.floor(k / block);
      return ((codes[n * blocks * block + k] as number) - (zeros[group] as number)) * (scales[group] as number);
    });

    const g = new GraphBuilder({ name: "nbits" });
    const b = g.initializer("b", "uint8", [N, blocks, (block * bits) / 8], pack(codes, bits));
    const packedZeros = zeroPoints
      ? g.initializer("z", "uint8", [N, Math.ceil((blocks * bits) / 8)], packRows(zeros, blocks))
      : undefined;
    const y = g.matMulNBits(
      g.input("a", "float32", ["rows", K]),
      b,
      g.initializer("scales", "float32", [N, blocks], scales),
      { K, N, bits, block_size: block, zero_points: packedZeros },
    );
    g.output("y", y);
    const results = await run(g, { a: noiseTensor([M, K]) });
    // Sums of 100 and more products with codes of up to 255: the tolerance is relative to their size.
    const expected = matmul(noise(M * K), weight, M, K, N);
    expectClose(floats(results["y"]), expected, 2e-6 * Math.max(...expected.map(Math.abs)));
  });
});

describe("dynamicQuantizeMatMul", () => {
  const [M, K, N] = [3, 64, 5];
  // Up to 63: without VNNI, onnxruntime adds products by signed weights in pairs of 16 bits, which would saturate.
  const codes = Int8Array.from(noise(K * N, 2), (x) => Math.round(x * 63));
  const scales = noise(N, 3).map((x) => Math.abs(x) / 100);
  const bias = noise(N, 4);
  const weight = Array.from(codes, (code, i) => code * (scales[i % N] as number));

  it.each([
    { type: "int8", zeroPoints: [N] },
    { type: "uint8", zeroPoints: [N] },
    { type: "uint8", zeroPoints: [] },
  ] as const)("quantises the input and multiplies the weights: %o", async ({ type, zeroPoints }) => {
    const g = new GraphBuilder({ name: "dynamic" });
    const stored = type === "int8" ? codes : Uint8Array.from(codes, (code) => code + 128);
    const y = g.dynamicQuantizeMatMul(
      g.input("a", "float32", ["rows", K]),
      g.initializer("b", type, [K, N], stored),
      g.initializer("scale", "float32", [N], scales),
      {
        b_zero_point: g.constant(type, new Array(count(zeroPoints)).fill(type === "int8" ? 0 : 128), zeroPoints),
        bias: g.initializer("bias", "float32", [N], bias),
      },
    );
    g.output("y", y);
    const results = await run(g, { a: noiseTensor([M, K]) });
    const expected = matmul(quantized(noise(M * K)), weight, M, K, N).map(
      (value, i) => value + (bias[i % N] as number),
    );
    expectClose(floats(results["y"]), expected, 1e-5);
  });
});

/** What `x` is after onnxruntime's dynamic quantisation to uint8: one scale over a range that includes zero. */
function quantized(x: Float32Array): number[] {
  const [low, high] = [Math.min(0, ...x), Math.max(0, ...x)];
  const scale = Math.fround((high - low) / 255);
  const zero = Math.round(-low / scale);
  return Array.from(x, (value) => (Math.min(Math.max(Math.round(value / scale) + zero, 0), 255) - zero) * scale);
}

/** Codes one behind the other, 4-bit ones two a byte, the lower half first. */
function pack(codes: ArrayLike<number>, bits: number): Uint8Array {
  if (bits === 8) return Uint8Array.from(codes);
  return Uint8Array.from({ length: codes.length / 2 }, (_, i) => (codes[2 * i] ?? 0) | ((codes[2 * i + 1] ?? 0) << 4));
}

/** 4-bit zero points; every column starts a byte. */
function packRows(zeros: readonly number[], blocks: number): Uint8Array {
  const even = blocks + (blocks % 2);
  const columns = Array.from({ length: zeros.length / blocks }, (_, n) => zeros.slice(n * blocks, (n + 1) * blocks));
  return pack(
    columns.flatMap((column) => [...column, ...new Array<number>(even - blocks).fill(0)]),
    4,
  );
}
