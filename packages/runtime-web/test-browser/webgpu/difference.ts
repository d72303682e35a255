/** The largest absolute difference of two arrays of one length; NaN where either has one. */
export function largestDifference(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (got.length !== expected.length) throw new Error(`${got.length} numbers instead of ${expected.length}`);
  return Array.from(got, (value, index) => Math.abs(value - expected[index]!)).reduce((a, b) => Math.max(a, b), 0);
}
