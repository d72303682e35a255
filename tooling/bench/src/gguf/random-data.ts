import { randomBits } from "../random.js";
import { type GgufTensor, tensorBytes } from "./format.js";

/** A half-precision 2^-8: with it, 4 random bits around 0 have about the spread of the other checkpoint's weights. */
const Q4_SCALE = 0x1c00;
/** 2^-12, for 8 random bits. */
const Q8_SCALE = 0x0c00;

/** Blocks that are written again and again: random weights need not differ to take the same time. */
const REPEATED = 4096;
/** Bytes a piece, at least. */
const PIECE = 2 ** 22;

/** The data of a tensor, in pieces: random quantised blocks; ones for gains and zeros for biases in float32. */
export function* randomData(tensor: GgufTensor): Generator<Uint8Array> {
  const total = tensorBytes(tensor);
  const piece = tensor.type === "F32" ? constants(tensor) : blocks(tensor.type);
  for (let at = 0; at < total; at += piece.length) yield piece.subarray(0, Math.min(piece.length, total - at));
}

function constants({ name, shape }: GgufTensor): Uint8Array {
  const count = shape.reduce((product, size) => product * size, 1);
  return new Uint8Array(new Float32Array(count).fill(name.endsWith("bias") ? 0 : 1).buffer);
}

const made = new Map<string, Uint8Array>();

function blocks(type: "Q4_0" | "Q8_0"): Uint8Array {
  const known = made.get(type);
  if (known !== undefined) return known;
  const { size, scale } = type === "Q4_0" ? { size: 18, scale: Q4_SCALE } : { size: 34, scale: Q8_SCALE };
  const few = Buffer.alloc(REPEATED * size);
  const bits = randomBits(1);
  for (let at = 0; at < few.length; at++) few[at] = bits();
  // Each block begins with its scale.
  for (let at = 0; at < few.length; at += size) few.writeUInt16LE(scale, at);
  const bytes = Buffer.concat(new Array<Buffer>(Math.ceil(PIECE / few.length)).fill(few));
  made.set(type, bytes);
  return bytes;
}
