import { InternVLError } from "@internvl/core";
import type { WeightSource } from "../checkpoint/tensor.js";
import { dataAndScales, type QuantisedTensor } from "./external.js";
import { matrixShape, rowPieces } from "./matrix.js";
import { packBytes, packNibbles } from "./pack.js";

export interface BlockwiseOptions {
  /** 4 or 8. */
  bits: 4 | 8;
  /** Elements of a row that share a scale: a power of two from 16 up, which is what MatMulNBits takes. Default 128. */
  block_size?: number;
}

/**
 * A weight `[N, K]` for `com.microsoft.MatMulNBits` without zero points:
 *
 * - `data` uint8 `[N, ceil(K / block_size), block_size * bits / 8]`; of two 4-bit numbers the first is the lower half;
 *   the last block is filled up with the zero point
 * - `scales` float32 `[N * ceil(K / block_size)]`
 *
 * A weight is about `(q - zero) * scale` with `zero` 8 (128 for 8 bits), the operator's default. The number that is
 * farthest from 0 in its block becomes exactly `q = 0`, whatever its sign, so that the scale can be negative: the side
 * that has one more step gets the larger number. On normally distributed weights this has 12 % less error (RMS, block
 * 128) than a scale of `max / 7`. It is what onnxruntime's `quantize_matmul_4bits` (`range2scale` in mlas/q4_dq.cpp)
 * and llama.cpp's q4_0 do.
 *
 * @throws InternVLError `INPUT_INVALID` (block_size), `CHECKPOINT_INVALID` (no matrix, no float),
 *   `CONVERSION_FAILED` (while streaming: NaN or infinity)
 */
export function quantiseBlockwise(source: WeightSource, options: BlockwiseOptions): QuantisedTensor {
  const { bits, block_size = 128 } = options;
  if (!Number.isInteger(Math.log2(block_size)) || block_size < 16) {
    throw new InternVLError("INPUT_INVALID", {
      what: "A matrix cannot be quantised with this block_size",
      expected: "a power of two from 16 up",
      got: String(block_size),
    });
  }
  const [rows, columns] = matrixShape(source);
  const rowBlocks = Math.ceil(columns / block_size);
  const blockBytes = (block_size * bits) / 8;
  const zero = 2 ** (bits - 1);
  const pack = bits === 4 ? packNibbles : packBytes;

  return dataAndScales(rows * rowBlocks * blockBytes, rows * rowBlocks, async function* ({ signal }) {
    const scales = new Float32Array(rows * rowBlocks);
    for await (const piece of rowPieces(source, signal)) {
      // The filling of the last block stays; a nibble of 8 twice is 0x88, as a byte of 128 is 0x80.
      const data = new Uint8Array(piece.count * rowBlocks * blockBytes).fill(bits === 4 ? 0x88 : zero);
      for (let r = 0; r < piece.count; r++) {
        const { values, scale } = piece.row(r);
        for (let b = 0; b < rowBlocks; b++) {
          const start = b * block_size;
          const end = Math.min(start + block_size, columns);
          const blockScale = scale(start, end, -zero);
          const block = r * rowBlocks + b;
          scales[piece.start * rowBlocks + block] = blockScale;
          pack(values, start, end, blockScale === 0 ? 0 : 1 / blockScale, data, block * blockBytes);
        }
      }
      yield data;
    }
    return scales;
  });
}
