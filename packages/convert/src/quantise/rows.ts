import type { WeightSource } from "../checkpoint/tensor.js";
import { dataAndScales, type QuantisedTensor } from "./external.js";
import { matrixShape, rowPieces } from "./matrix.js";
import { packBytes } from "./pack.js";

/**
 * A table `[V, D]` of which single rows are looked up (token embeddings), in 8 bits:
 *
 * - `data` int8 `[V, D]`, within -127 to 127
 * - `scales` float32 `[V, 1]`; a number of row `v` is about `data[v, d] * scales[v]`
 *
 * @throws InternVLError `CHECKPOINT_INVALID` (no matrix, no float), `CONVERSION_FAILED` (while streaming: NaN or infinity)
 */
export function quantiseRows(source: WeightSource): QuantisedTensor {
  const [rows, columns] = matrixShape(source);
  return dataAndScales(rows * columns, rows, async function* ({ signal }) {
    const scales = new Float32Array(rows);
    for await (const piece of rowPieces(source, signal)) {
      const codes = new Int8Array(piece.count * columns);
      for (let r = 0; r < piece.count; r++) {
        const { values, scale } = piece.row(r);
        const rowScale = Math.abs(scale(0, columns, 127));
        scales[piece.start + r] = rowScale;
        packBytes(values, 0, columns, rowScale === 0 ? 0 : 1 / rowScale, codes, r * columns, 128);
      }
      yield new Uint8Array(codes.buffer);
    }
    return scales;
  });
}
