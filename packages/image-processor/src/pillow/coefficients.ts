import { Lru } from "../lru.js";
import { type Resample, resampleFilter } from "./filters.js";

/** Fraction bits of a coefficient: 8 bits of a pixel and 2 bits of headroom leave 22 of 32 (Pillow's Resample.c). */
export const PRECISION_BITS = 22;

/** How one axis is resampled: each output position is a weighted sum of neighbouring input positions. */
export interface Coefficients {
  /** The first input position that counts, for each output position. */
  readonly first: Int32Array;
  /** How many input positions count, for each output position. */
  readonly count: Int32Array;
  /** Weights in fixed point, `taps` for each output position of which `count` are used. */
  readonly weights: Int32Array;
  readonly taps: number;
}

/**
 * Pillow's `precompute_coeffs` and `normalize_coeffs_8bpc`, operation by operation: the weights are worked out in
 * doubles, made to sum to 1, and rounded half away from zero to fixed point.
 */
function computeCoefficients(inSize: number, outSize: number, resample: Resample): Coefficients {
  const filter = resampleFilter(resample);
  const scale = inSize / outSize;
  // When it shrinks, the filter widens with the scale: that is what "antialiased" means here.
  const filterScale = Math.max(scale, 1);
  const support = filter.support * filterScale;
  const inverse = 1 / filterScale;
  const taps = Math.ceil(support) * 2 + 1;

  const first = new Int32Array(outSize);
  const count = new Int32Array(outSize);
  const weights = new Int32Array(outSize * taps);
  const exact = new Float64Array(taps);
  for (let position = 0; position < outSize; position++) {
    const center = (position + 0.5) * scale;
    const from = Math.max(Math.trunc(center - support + 0.5), 0);
    const used = Math.min(Math.trunc(center + support + 0.5), inSize) - from;
    let sum = 0;
    for (let tap = 0; tap < used; tap++) {
      const weight = filter.at((tap + from - center + 0.5) * inverse);
      exact[tap] = weight;
      sum += weight;
    }
    for (let tap = 0; tap < used; tap++) {
      const weight = sum === 0 ? exact[tap]! : exact[tap]! / sum;
      weights[position * taps + tap] = Math.trunc((weight < 0 ? -0.5 : 0.5) + weight * (1 << PRECISION_BITS));
    }
    first[position] = from;
    count[position] = used;
  }
  return { first, count, weights, taps };
}

// Pictures of one size (the frames of a video, the pages of a document) share their coefficients. A few dozen axes of a
// few thousand positions are a few MB at the most.
const cache = new Lru<Coefficients>(32);

/** `computeCoefficients`, remembering the axes asked for last. */
export function cachedCoefficients(inSize: number, outSize: number, resample: Resample): Coefficients {
  return cache.get(`${inSize}:${outSize}:${resample}`, () => computeCoefficients(inSize, outSize, resample));
}
