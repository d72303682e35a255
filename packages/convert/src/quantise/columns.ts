import type { ExternalTensor } from "@internvl/onnx";
import type { WeightSource } from "../checkpoint/tensor.js";
import { dataAndScales, type QuantisedTensor } from "./external.js";
import { matrixShape, rowPieces } from "./matrix.js";
import { packBytes } from "./pack.js";
import { transposeBytes } from "./transpose.js";

export interface QuantisedColumns extends QuantisedTensor {
  /** uint8, a scalar: 128. */
  readonly zero_point: ExternalTensor;
}

const ZERO_POINT = 128;
const PIECE_BYTES = 4 * 1024 * 1024;

/**
 * A linear layer's weight `[N, K]` for `com.microsoft.DynamicQuantizeMatMul`, transposed, one scale an output channel:
 *
 * - `data` uint8 `[K, N]`, within 1 to 255
 * - `scales` float32 `[N]`; a weight is about `(data[k, n] - 128) * scales[n]`
 * - `zero_point` uint8, a scalar
 *
 * uint8 around 128 and not int8 around 0: on x86 without VNNI, onnxruntime multiplies uint8 activations by int8 weights
 * with `vpmaddubsw`, which saturates the sum of two products at 16 bits, so that large weights give wrong sums. With
 * uint8 weights it takes kernels that widen to 16 bits first and cannot overflow.
 *
 * Memory: the codes of the whole matrix, a byte a weight (half of a 16-bit source), because every output row needs
 * every source row.
 *
 * @throws InternVLError `CHECKPOINT_INVALID` (no matrix, no float), `CONVERSION_FAILED` (while streaming: NaN or infinity)
 */
export function quantiseColumns(source: WeightSource): QuantisedColumns {
  const [rows, columns] = matrixShape(source);
  const tensors = dataAndScales(rows * columns, rows, async function* ({ signal, preparing }) {
    const scales = new Float32Array(rows);
    const codes = new Uint8Array(rows * columns);
    for await (const piece of rowPieces(source, signal)) {
      for (let r = 0; r < piece.count; r++) {
        const { values, scale } = piece.row(r);
        const rowScale = Math.abs(scale(0, columns, 127));
        scales[piece.start + r] = rowScale;
        packBytes(values, 0, columns, rowScale === 0 ? 0 : 1 / rowScale, codes, (piece.start + r) * columns);
      }
      preparing?.((piece.start + piece.count) / rows);
    }
    const step = Math.max(4, Math.floor(PIECE_BYTES / rows / 4) * 4);
    for (let start = 0; start < columns; start += step) {
      yield transposeBytes(codes, rows, columns, start, Math.min(start + step, columns));
    }
    return scales;
  });
  return { ...tensors, zero_point: constantByte(ZERO_POINT) };
}

function constantByte(value: number): ExternalTensor {
  return {
    byteLength: 1,
    async *bytes() {
      yield Uint8Array.of(value);
    },
  };
}
