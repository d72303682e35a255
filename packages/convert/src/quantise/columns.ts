import type { WeightSource } from "../checkpoint/tensor.js";
import { dataAndScales, type QuantisedTensor } from "./external.js";
import { matrixShape, type Row, rowPieces } from "./matrix.js";
import { packBytes } from "./pack.js";
import { transposeBytes } from "./transpose.js";

const PIECE_BYTES = 4 * 1024 * 1024;

/**
 * A linear layer's weight `[N, K]` for `com.microsoft.DynamicQuantizeMatMul`, transposed, one scale an output channel:
 *
 * - `data` int8 `[K, N]`, within -127 to 127; two neighbours `data[2 j, n]` and `data[2 j + 1, n]` add up to -128 to 128
 * - `scales` float32 `[N]`; a weight is about `data[k, n] * scales[n]`
 *
 * int8 around 0 and not uint8 around 128: onnxruntime multiplies uint8 activations by int8 weights with one instruction
 * where the processor has VNNI, three times as fast as uint8 weights, which are widened to 16 bits first.
 *
 * Without VNNI that instruction is `vpmaddubsw`, which saturates the sum of the products of two neighbours at 16 bits.
 * An activation is 255 at most, and 255 * 128 fits: so the sums of neighbours are bounded as single numbers are, and the
 * result is the same on every processor. This costs digits where the largest numbers of a channel are neighbours and less
 * where single ones stand out; 7 bits for all, the usual way out, would cost every channel a whole bit.
 *
 * Memory: the codes of the whole matrix, a byte a weight (half of a 16-bit source), because every output row needs
 * every source row.
 *
 * @throws InternVLError `CHECKPOINT_INVALID` (no matrix, no float), `CONVERSION_FAILED` (while streaming: NaN or infinity)
 */
export function quantiseColumns(source: WeightSource): QuantisedTensor {
  const [rows, columns] = matrixShape(source);
  return dataAndScales(rows * columns, rows, async function* ({ signal, preparing }) {
    const scales = new Float32Array(rows);
    const codes = new Uint8Array(rows * columns);
    for await (const piece of rowPieces(source, signal)) {
      for (let r = 0; r < piece.count; r++) {
        const row = piece.row(r);
        const rowScale = neighbourlyScale(row, columns);
        scales[piece.start + r] = rowScale;
        const inverse = rowScale === 0 ? 0 : 1 / rowScale;
        packBytes(row.values, 0, columns, inverse, codes, (piece.start + r) * columns, 128);
      }
      preparing?.((piece.start + piece.count) / rows);
    }
    const step = Math.max(4, Math.floor(PIECE_BYTES / rows / 4) * 4);
    for (let start = 0; start < columns; start += step) {
      yield transposeBytes(codes, rows, columns, start, Math.min(start + step, columns));
    }
    return scales;
  });
}

/** The scale with which neither a number nor a sum of two neighbours is farther than 127 from 0 before it is rounded. */
function neighbourlyScale({ values, scale }: Row, columns: number): number {
  const alone = Math.abs(scale(0, columns, 127));
  if (alone === 0) return 0;
  let largest = 0;
  for (let i = 1; i < columns; i += 2) largest = Math.max(largest, Math.abs(values[i - 1]! + values[i]!));
  return Math.max(alone, Math.fround(largest / 127));
}
