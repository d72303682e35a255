import { InternVLError } from "@internvl/core";
import type { ExternalTensor } from "@internvl/onnx";
import type { WeightSource } from "../checkpoint/tensor.js";
import { DTYPE_BYTES, elementCount } from "../safetensors/dtype.js";
import { rawBytes, waitingBytes } from "./external.js";
import { asUint16, asUint32, bfloat16ToFloat16, narrowToFloat16 } from "./floats.js";
import { widener } from "./widen.js";

/** Read at a time to be widened: twice as long, it fits the memory that is kept for pieces. */
const NARROW_PIECE_BYTES = 512 * 1024;

/** Elements that are widened at a time on the way to float16: what lies between stays in the first-level cache. */
const CHUNK = 4096;

/**
 * The tensor in float32, exactly. A float32 tensor passes through untouched.
 *
 * @throws InternVLError `CHECKPOINT_INVALID` for a dtype that is no float of 16 or 32 bits
 */
export function toFloat32(source: WeightSource): ExternalTensor {
  if (source.dtype === "F32") return rawBytes(source);
  const widen = widener(source);
  return {
    byteLength: elementCount(source.shape) * 4,
    waitingBytes: waitingBytes(source),
    async *bytes(options) {
      const { signal, buffers } = options ?? {};
      for await (const piece of source.stream({ signal, buffers, pieceBytes: NARROW_PIECE_BYTES })) {
        const target = buffers?.take(piece.byteLength * 2) ?? new Uint8Array(piece.byteLength * 2);
        widen(piece, asUint32(target));
        buffers?.give(piece);
        yield target;
      }
    },
  };
}

/**
 * The tensor in float16, rounded to nearest, ties to even; what is closer to 0 than 2^-25 becomes 0. A float16 tensor
 * passes through untouched.
 *
 * A finite weight beyond 65,504 is an error and not clamped: a network with such weights does not survive float16, and
 * nobody would find out why.
 *
 * @throws InternVLError `CONVERSION_FAILED` (while streaming) for a weight that float16 cannot hold,
 *   `CHECKPOINT_INVALID` for a dtype that is no float of 16 or 32 bits
 */
export function toFloat16(source: WeightSource): ExternalTensor {
  if (source.dtype === "F16") return rawBytes(source);
  const narrow = narrower(source);
  const elementBytes = DTYPE_BYTES[source.dtype];
  return {
    byteLength: elementCount(source.shape) * 2,
    waitingBytes: waitingBytes(source),
    async *bytes(options) {
      let converted = 0;
      for await (const piece of source.stream(options)) {
        // In place where the memory is our own: bfloat16 is as long, and of float32 each is read before it is written over.
        const target = options?.buffers?.has(piece) ? piece : new Uint8Array(2 * (piece.byteLength / elementBytes));
        const halves = asUint16(target).subarray(0, piece.byteLength / elementBytes);
        const overflow = narrow(piece, halves);
        if (overflow >= 0) {
          const wide = new Uint32Array(1);
          widener(source)(piece.subarray(overflow * elementBytes, (overflow + 1) * elementBytes), wide);
          throw overflowError(source, converted + overflow, wide[0]!);
        }
        converted += halves.length;
        yield bytesOf(halves);
      }
    },
  };
}

/** Rounds all elements in `bytes` to float16 -> the index of one that does not fit, or -1. */
type Narrow = (bytes: Uint8Array, target: Uint16Array) => number;

function narrower(source: WeightSource): Narrow {
  if (source.dtype === "BF16") return (bytes, target) => bfloat16ToFloat16(asUint16(bytes), target);
  const widen = widener(source);
  const elementBytes = DTYPE_BYTES[source.dtype];
  const wide = new Uint32Array(CHUNK);
  return (bytes, target) => {
    for (let start = 0; start < target.length; start += CHUNK) {
      const end = Math.min(start + CHUNK, target.length);
      widen(bytes.subarray(start * elementBytes, end * elementBytes), wide);
      const overflow = narrowToFloat16(wide.subarray(0, end - start), target.subarray(start, end));
      if (overflow >= 0) return start + overflow;
    }
    return -1;
  };
}

function bytesOf(array: Uint16Array | Uint32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function overflowError({ name }: WeightSource, index: number, bits: number): InternVLError {
  return new InternVLError("CONVERSION_FAILED", {
    what: `Tensor ${name} does not fit float16`,
    expected: "weights within -65504 to 65504",
    got: `${new Float32Array(Uint32Array.of(bits).buffer)[0]} at element ${index}`,
    fix: "Convert this part to fp32, int8 or q4 instead.",
  });
}
