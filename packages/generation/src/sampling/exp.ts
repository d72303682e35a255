// Constants of fdlibm's e_exp.c (Sun Microsystems, freely distributable): ln 2 in two parts, and the polynomial.
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
const INVERSE_LN2 = Math.LOG2E;
const P1 = 0.16666666666666602;
const P2 = -0.0027777777777015593;
const P3 = 6.613756321437934e-5;
const P4 = -1.6533902205465252e-6;
const P5 = 4.1381367970572385e-8;

/** `HALVES[k]` is 2^-k, down to the smallest float64. */
const HALVES = new Float64Array(1076);
HALVES[0] = 1;
for (let k = 1; k < HALVES.length; k++) HALVES[k] = HALVES[k - 1]! / 2;

/**
 * e^x for x <= 0 to within one unit in the last place. `Math.exp` may differ between engines in its last bit; this uses
 * only operations that IEEE 754 rounds exactly, so a draw is the same everywhere.
 */
export function expNonPositive(x: number): number {
  if (!(x > -745)) return 0;
  // x = r - k ln 2
  const k = (0.5 - x * INVERSE_LN2) | 0;
  const high = x + k * LN2_HIGH;
  const low = -k * LN2_LOW;
  const r = high - low;
  const t = r * r;
  const c = r - t * (P1 + t * (P2 + t * (P3 + t * (P4 + t * P5))));
  return (1 - (low - (r * c) / (2 - c) - high)) * HALVES[k]!;
}
