import type { Rows } from "./rows.js";

/** `(x - mean) / sqrt(variance + epsilon) * weight + bias`, token by token. */
export function layerNorm(x: Rows, weight: Float32Array, bias: Float32Array, epsilon: number): Rows {
  return byRow(x, (row) => {
    const mean = sum(row) / row.length;
    const centred = row.map((value) => value - mean);
    const scale = 1 / Math.sqrt(sumOfSquares(centred) / row.length + epsilon);
    return centred.map((value, i) => value * scale * weight[i]! + bias[i]!);
  });
}

/** `x / sqrt(mean of squares + epsilon) * weight`, token by token. */
export function rmsNorm(x: Rows, weight: Float32Array, epsilon: number): Rows {
  return byRow(x, (row) => {
    const scale = 1 / Math.sqrt(sumOfSquares(row) / row.length + epsilon);
    return row.map((value, i) => value * scale * weight[i]!);
  });
}

/** The exact GELU, `x * P(a normal number is below x)`, and not its approximation by tanh. */
export function gelu(x: number): number {
  return 0.5 * x * (1 + erf(x / Math.SQRT2));
}

export function silu(x: number): number {
  return x / (1 + Math.exp(-x));
}

/** In place; the largest is taken away first, so that nothing overflows. */
export function softmax(scores: Float64Array): Float64Array {
  const largest = scores.reduce((most, score) => Math.max(most, score), Number.NEGATIVE_INFINITY);
  for (let i = 0; i < scores.length; i++) scores[i] = Math.exp(scores[i]! - largest);
  const total = sum(scores);
  for (let i = 0; i < scores.length; i++) scores[i]! /= total;
  return scores;
}

/**
 * To double precision: `2 / sqrt(pi) * exp(-x^2) * (x + 2 x^3 / 3 + 4 x^5 / 15 + …)`, each term the one before times
 * `2 x^2 / (2 n + 1)` (Abramowitz and Stegun 7.1.6). Beyond 6 it is 1 to the last digit.
 */
function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let series = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(series); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    series += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * series;
}

function byRow(x: Rows, change: (row: Float64Array) => Float64Array): Rows {
  const changed = x.map((value) => value);
  for (let index = 0; index < x.count; index++) changed.row(index).set(change(x.row(index)));
  return changed;
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}

function sumOfSquares(values: Float64Array): number {
  return values.reduce((total, value) => total + value * value, 0);
}
