import type { Dtype } from "@internvl/config";

/**
 * How far a graph may be from the plain evaluation: the largest difference of a token, in units of its scale. What was
 * measured is the largest on five to eight random models of 48 to 112 channels and on the trained demo model; wider ones average more.
 *
 * - `fp32`: 1e-4, the bound that the whole project holds itself to. Sums in another order differ; measured 5e-6.
 * - `fp16`: 0.004. Weights are rounded to 11 bits, a product then differs by some 1e-4 of its size; measured 9e-4.
 * - `q8`: 0.15. 8 bits a weight and an activation, block by block; measured 0.05.
 * - `int8`: 0.25. One scale for all activations of a call, so that a large one costs the others digits; measured 0.04.
 * - `q4`: 0.8. 4 bits a weight, four products in a row; measured 0.5, on the demo model 0.23. What two swapped layers, a
 *   transposed matrix or shuffled heads give differs by about as much as it is large: measured 1.1 to 2.2.
 */
export const LIMITS: Readonly<Record<Dtype, number>> = { fp32: 1e-4, fp16: 0.004, q8: 0.15, int8: 0.25, q4: 0.8 };

/** Layers of each network that are compared: the first, the last and others at equal distances between them. */
const SAMPLED_LAYERS = 4;

/** The layers 0 to `count - 1` that are compared; all of them where there are few. */
export function sampledLayers(count: number): number[] {
  if (count <= SAMPLED_LAYERS) return Array.from({ length: count }, (_, index) => index);
  return Array.from({ length: SAMPLED_LAYERS }, (_, i) => Math.round((i * (count - 1)) / (SAMPLED_LAYERS - 1)));
}
