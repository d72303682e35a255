import type { SafetensorsSource, TensorSpec } from "@internvl/convert";
import { normalPair, randomBits } from "../random.js";

/** Standard deviation of the weights, the `initializer_range` of both networks. */
const DEVIATION = 0.02;
/** Numbers that weights are drawn from: a 1B has a billion weights, and computing each would take minutes. */
const POOL_BITS = 16;
/** Elements a piece: 4 MB. */
const PIECE = 2 ** 21;

/** A tensor of bfloat16: gains and layer scales around 1, everything else around 0. */
export function randomTensor({ name, shape }: TensorSpec, seed: number): SafetensorsSource {
  const isGain = shape.length === 1 && !name.endsWith("bias");
  const count = shape.reduce((product, size) => product * size, 1);
  return {
    name,
    dtype: "BF16",
    shape,
    async *bytes() {
      const pool = normalPool(isGain ? 1 : 0);
      const bits = randomBits(seed);
      for (let start = 0; start < count; start += PIECE) {
        const piece = new Uint16Array(Math.min(PIECE, count - start));
        for (let i = 0; i < piece.length; i++) piece[i] = pool[bits() >>> (32 - POOL_BITS)]!;
        yield new Uint8Array(piece.buffer);
      }
    },
  };
}

const pools = new Map<number, Uint16Array>();

/** 65,536 numbers from N(mean, DEVIATION), as bfloat16. */
function normalPool(mean: number): Uint16Array {
  const known = pools.get(mean);
  if (known !== undefined) return known;
  const bits = randomBits(1);
  const values = new Float32Array(2 ** POOL_BITS);
  for (let i = 0; i < values.length; i += 2) {
    const [first, second] = normalPair(bits);
    values[i] = mean + DEVIATION * first;
    values[i + 1] = mean + DEVIATION * second;
  }
  const pool = Uint16Array.from(new Uint32Array(values.buffer), (float) => float >>> 16);
  pools.set(mean, pool);
  return pool;
}
