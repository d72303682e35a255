/** Plain float64 versions of what the fused ops compute, for matrices as flat row-major lists. */

export type Floats = ArrayLike<number>;

/** `a [m, k] x b [k, n]`. */
export function matmul(a: Floats, b: Floats, m: number, k: number, n: number): number[] {
  return table(m, n, (row, column) => sum(k, (i) => at(a, row * k + i) * at(b, i * n + column)));
}

export function transpose(x: Floats, rows: number, columns: number): number[] {
  return table(columns, rows, (column, row) => at(x, row * columns + column));
}

export function softmaxRows(x: Floats, rows: number, columns: number): number[] {
  return perRow(x, rows, columns, (row) => {
    const largest = Math.max(...row);
    const exps = row.map((value) => Math.exp(value - largest));
    const total = exps.reduce((a, b) => a + b, 0);
    return exps.map((value) => value / total);
  });
}

export function layerNorm(x: Floats, scale: Floats, bias: Floats, epsilon: number): number[] {
  const width = scale.length;
  return perRow(x, x.length / width, width, (row) => {
    const mean = sum(width, (i) => at(row, i)) / width;
    const variance = sum(width, (i) => (at(row, i) - mean) ** 2) / width;
    return row.map((value, i) => ((value - mean) / Math.sqrt(variance + epsilon)) * at(scale, i) + at(bias, i));
  });
}

export function rmsNorm(x: Floats, scale: Floats, epsilon: number): number[] {
  const width = scale.length;
  return perRow(x, x.length / width, width, (row) => {
    const square = sum(width, (i) => at(row, i) ** 2) / width;
    return row.map((value, i) => (value / Math.sqrt(square + epsilon)) * at(scale, i));
  });
}

/** Rotates the halves of every head: `x` is `[rows, d]`, `positions` one a row, the tables `[positions, d / 2]`. */
export function rotateHalves(x: Floats, positions: readonly number[], cos: Floats, sin: Floats, d: number): number[] {
  const half = d / 2;
  return table(positions.length, d, (row, i) => {
    const angle = (positions[row] as number) * half + (i % half);
    const other = i < half ? -at(x, row * d + i + half) : at(x, row * d + i - half);
    return at(x, row * d + i) * at(cos, angle) + other * at(sin, angle);
  });
}

/** One head: `softmax(q k^T * scale + mask) v`, `q [s, d]`, `k` and `v` `[l, d]`. */
export function attend(
  q: Floats,
  k: Floats,
  v: Floats,
  s: number,
  l: number,
  d: number,
  scale: number,
  causal = false,
) {
  const scores = matmul(q, transpose(k, l, d), s, d, l).map((score, i) => {
    const hidden = causal && (i % l) - (l - s) > Math.floor(i / l);
    return hidden ? Number.NEGATIVE_INFINITY : score * scale;
  });
  return matmul(softmaxRows(scores, s, l), v, s, l, d);
}

/** The columns of head `head` of `x [rows, heads * d]`. */
export function headOf(x: Floats, rows: number, heads: number, d: number, head: number): number[] {
  return table(rows, d, (row, i) => at(x, (row * heads + head) * d + i));
}

/** The inverse of `headOf`, for all heads. */
export function joinHeads(parts: readonly Floats[], rows: number, d: number): number[] {
  const heads = parts.length;
  return table(rows, heads * d, (row, i) => at(parts[Math.floor(i / d)] as Floats, row * d + (i % d)));
}

/** Abramowitz and Stegun's erf has 7 digits only; this is the Taylor series, exact for the small numbers of the tests. */
export function erf(x: number): number {
  let term = x;
  let total = x;
  for (let n = 1; n < 60; n++) {
    term *= (-x * x) / n;
    total += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * total;
}

function table(rows: number, columns: number, value: (row: number, column: number) => number): number[] {
  return Array.from({ length: rows * columns }, (_, i) => value(Math.floor(i / columns), i % columns));
}

function perRow(x: Floats, rows: number, columns: number, body: (row: number[]) => number[]): number[] {
  return Array.from({ length: rows }, (_, r) => body(Array.from(x).slice(r * columns, (r + 1) * columns))).flat();
}

function sum(count: number, value: (i: number) => number): number {
  let total = 0;
  for (let i = 0; i < count; i++) total += value(i);
  return total;
}

function at(x: Floats, index: number): number {
  return x[index] as number;
}
