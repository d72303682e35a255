/** Mean of `length` numbers from `start` on. */
export function meanOf(values: Float32Array, start: number, length: number): number {
  let sum = 0;
  for (let index = start; index < start + length; index++) sum += values[index]!;
  return sum / length;
}

/** Standard deviation of `length` numbers from `start` on, over `length`. */
export function deviationOf(values: Float32Array, start: number, length: number, mean: number): number {
  let sum = 0;
  for (let index = start; index < start + length; index++) sum += (values[index]! - mean) ** 2;
  return Math.sqrt(sum / length);
}

/** Euclidean length. */
export function norm(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum);
}

/** 1 for vectors of one direction. NaN when a value is not finite. */
export function cosine(a: Float32Array, b: Float32Array): number {
  let product = 0;
  for (let index = 0; index < a.length; index++) product += a[index]! * b[index]!;
  return product / (norm(a) * norm(b));
}
