import type { EmbeddingTable } from "./find-table.js";

/** Writes a row, as it is stored, to `target` in float32: the graph's `Cast` and `Mul`, bit for bit. */
export type WidenRow = (row: Uint8Array, target: Float32Array, scale: number) => void;

export const WIDEN: Readonly<Record<EmbeddingTable["dtype"], WidenRow>> = {
  float32(row, { buffer, byteOffset }) {
    new Uint8Array(buffer, byteOffset, row.length).set(row);
  },
  float16(row, target) {
    for (let i = 0; i < target.length; i++) target[i] = halfOf(row[2 * i]! | (row[2 * i + 1]! << 8));
  },
  // The product of 8 and 24 bits is exact in float64: it is rounded once, when it is stored, as in float32.
  int8(row, target, scale) {
    for (let i = 0; i < target.length; i++) target[i] = ((row[i]! << 24) >> 24) * scale;
  },
};

/** The float16 number of these bits. Not every engine has a Float16Array. */
function halfOf(bits: number): number {
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (fraction + 0x400) * 2 ** (exponent - 25);
}
