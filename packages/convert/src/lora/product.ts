/** Ranks are padded with zeros to a multiple of this: the innermost loop adds that many products at a time. */
export const RANK_UNIT = 4;

/**
 * target[i, j] += sum over k of b[i, k] * a[k, j], all row-major. Sums are kept in double precision and rounded to
 * float32 once, so the order of a sum does not show.
 *
 * Two rows are computed at a time, in runs along the rows of `a`, each number of which is loaded once for both: about 1 s
 * for a 4096 x 4096 weight at rank 64.
 *
 * @param target float32 `[rows, columns]`
 * @param b `[rows, rank]`
 * @param a float32 `[rank, columns]`, `rank` a multiple of `RANK_UNIT`
 */
export function addProduct(
  target: Float32Array,
  b: Float64Array,
  a: Float32Array,
  { rows, columns, rank }: { rows: number; columns: number; rank: number },
): void {
  const upper = new Float64Array(columns);
  const lower = new Float64Array(columns);
  const pair = new Float64Array(2 * rank);
  for (let row = 0; row < rows; row += 2) {
    // Of an odd number of rows the last has a row of zeros beside it.
    pair.fill(0).set(b.subarray(row * rank, (row + 2) * rank));
    multiplyPair(upper, lower, pair, a, rank);
    addRow(target, row * columns, upper);
    if (row + 1 < rows) addRow(target, (row + 1) * columns, lower);
  }
}

function multiplyPair(upper: Float64Array, lower: Float64Array, b: Float64Array, a: Float32Array, rank: number): void {
  const columns = upper.length;
  upper.fill(0);
  lower.fill(0);
  for (let k = 0; k < rank; k += RANK_UNIT) {
    const [u0, u1, u2, u3] = [b[k]!, b[k + 1]!, b[k + 2]!, b[k + 3]!];
    const [l0, l1, l2, l3] = [b[rank + k]!, b[rank + k + 1]!, b[rank + k + 2]!, b[rank + k + 3]!];
    const row0 = k * columns;
    const row1 = row0 + columns;
    const row2 = row1 + columns;
    const row3 = row2 + columns;
    for (let j = 0; j < columns; j++) {
      const a0 = a[row0 + j]!;
      const a1 = a[row1 + j]!;
      const a2 = a[row2 + j]!;
      const a3 = a[row3 + j]!;
      upper[j] = upper[j]! + u0 * a0 + u1 * a1 + u2 * a2 + u3 * a3;
      lower[j] = lower[j]! + l0 * a0 + l1 * a1 + l2 * a2 + l3 * a3;
    }
  }
}

function addRow(target: Float32Array, at: number, row: Float64Array): void {
  const columns = row.length;
  for (let j = 0; j < columns; j++) target[at + j] = target[at + j]! + row[j]!;
}
