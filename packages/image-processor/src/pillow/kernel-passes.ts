import type { Coefficients } from "./coefficients.js";
import { KERNEL } from "./kernel.js";
import type { Passes } from "./passes.js";
import { scalarPasses } from "./scalar-passes.js";

/** What kernel/passes.ts exports. All arguments are numbers of bytes, of rows or of positions. */
interface Kernel {
  memory: WebAssembly.Memory;
  horizontal(
    source: number,
    sourceStride: number,
    target: number,
    rows: number,
    width: number,
    positions: number,
    weights: number,
    weightsStride: number,
  ): void;
  vertical(
    source: number,
    target: number,
    stride: number,
    rows: number,
    positions: number,
    weights: number,
    weightsStride: number,
  ): void;
}

/** What the kernel may read or write behind the end of a row: less than one block of its vertical pass. */
const SLACK = 16;

/** The passes in WebAssembly with SIMD; undefined where there is none, or where a page's policy forbids it. */
export function compileKernel(): Passes | undefined {
  try {
    const bytes = Uint8Array.from(atob(KERNEL), (character) => character.charCodeAt(0));
    // Compiled on the spot, which every engine allows for so few bytes: one millisecond, once.
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
    return kernelPasses(exports as unknown as Kernel);
  } catch {
    return undefined;
  }
}

function kernelPasses(kernel: Kernel): Passes {
  return {
    horizontalRows(source, sourceWidth, target, firstRow, from, to, coefficients) {
      const packed = packedWeights(coefficients);
      const width = coefficients.first.length;
      const rows = source.subarray(from * sourceWidth * 3, to * sourceWidth * 3);
      const result = (to - from) * width * 3;
      const room = reserve(kernel, packed, 0, width, rows.length, result);
      if (room === undefined) {
        scalarPasses.horizontalRows(source, sourceWidth, target, firstRow, from, to, coefficients);
        return;
      }
      place(room, packed, 0, width, 3, 0);
      room.bytes.set(rows, room.source);
      kernel.horizontal(
        room.source,
        sourceWidth * 3,
        room.target,
        to - from,
        width,
        room.positions,
        room.weights,
        packed.stride,
      );
      target.set(room.bytes.subarray(room.target, room.target + result), (from - firstRow) * width * 3);
    },

    verticalRows(source, firstRow, stride, target, from, to, coefficients) {
      const packed = packedWeights(coefficients);
      const top = coefficients.first[from]!;
      const bottom = coefficients.first[to - 1]! + coefficients.count[to - 1]!;
      const rows = source.subarray((top - firstRow) * stride, (bottom - firstRow) * stride);
      const result = (to - from) * stride;
      // The last pair of an odd number of taps has a weight of 0 for a row that need not be there.
      const room = reserve(kernel, packed, from, to, rows.length + stride, result);
      if (room === undefined) {
        scalarPasses.verticalRows(source, firstRow, stride, target, from, to, coefficients);
        return;
      }
      place(room, packed, from, to, stride, top);
      room.bytes.set(rows, room.source);
      kernel.vertical(room.source, room.target, stride, to - from, room.positions, room.weights, packed.stride);
      target.set(room.bytes.subarray(room.target, room.target + result), from * stride);
    },
  };
}

/** Coefficients as the kernel reads them. */
interface PackedWeights extends Coefficients {
  /** For each pair of taps: two low halves of 15 bits, two high ones. What lies behind the last tap is 0. */
  readonly halves: Int16Array;
  /** Bytes of one position in `halves`. */
  readonly stride: number;
}

const packedOf = new WeakMap<Coefficients, PackedWeights>();

function packedWeights(coefficients: Coefficients): PackedWeights {
  const known = packedOf.get(coefficients);
  if (known !== undefined) return known;
  const { first, count, weights, taps } = coefficients;
  const values = Math.ceil(taps / 2) * 4;
  const halves = new Int16Array(first.length * values);
  for (let position = 0; position < first.length; position++) {
    for (let tap = 0; tap < count[position]!; tap++) {
      const weight = weights[position * taps + tap]!;
      const at = position * values + (tap >> 1) * 4 + (tap & 1);
      halves[at] = weight & 0x7fff;
      halves[at + 2] = weight >> 15;
    }
  }
  const packed = { ...coefficients, halves, stride: values * 2 };
  packedOf.set(coefficients, packed);
  return packed;
}

/** Where everything lies in the kernel's memory. */
interface Room {
  bytes: Uint8Array;
  positions: number;
  weights: number;
  source: number;
  target: number;
}

/**
 * Room for the positions `from` to before `to` and so many bytes; undefined if the kernel's memory is too small. A band
 * of the usual sizes needs 1 to 2 MB of its 8. One that needs more (a single row of millions of pixels, hundreds of
 * megapixels to a few rows) is left to TypeScript.
 */
function reserve(
  { memory }: Kernel,
  { stride }: PackedWeights,
  from: number,
  to: number,
  sourceBytes: number,
  targetBytes: number,
): Room | undefined {
  const weights = aligned((to - from) * 8);
  const source = weights + aligned((to - from) * stride);
  const target = source + aligned(sourceBytes + SLACK);
  if (target + targetBytes + SLACK > memory.buffer.byteLength) return undefined;
  return { bytes: new Uint8Array(memory.buffer), positions: 0, weights, source, target };
}

/** Writes positions, `step` bytes for each input position after `top`, and weights. */
function place(
  room: Room,
  { first, count, halves, stride }: PackedWeights,
  from: number,
  to: number,
  step: number,
  top: number,
): void {
  const positions = new Uint32Array(room.bytes.buffer, room.positions, (to - from) * 2);
  for (let position = from, at = 0; position < to; position++) {
    positions[at++] = (first[position]! - top) * step;
    positions[at++] = (count[position]! + 1) >> 1;
  }
  const values = stride / 2;
  new Int16Array(room.bytes.buffer, room.weights, (to - from) * values).set(
    halves.subarray(from * values, to * values),
  );
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / 16) * 16;
}
