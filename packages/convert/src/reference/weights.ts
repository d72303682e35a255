import { throwIfAborted } from "@internvl/core";
import type { TensorSource, WeightSource } from "../checkpoint/index.js";
import { castTo } from "../quantise/index.js";
import { Rows } from "./rows.js";

/** Bytes of a matrix that are in memory at once, and about how much is computed between two looks at the signal. */
const PIECE_BYTES = 2 ** 19;

/** Rows of a matrix from `start` to before `end`. */
export interface RowRange {
  readonly start: number;
  readonly end: number;
}

/**
 * The original's tensors under one prefix, for a layer to compute with. Every call reads what it needs, a piece of a matrix
 * at a time, and keeps nothing.
 */
export class Weights {
  readonly #tensors: TensorSource;
  readonly #prefix: string;
  readonly #signal: AbortSignal | undefined;

  constructor(tensors: TensorSource, options: { signal?: AbortSignal } = {}, prefix = "") {
    this.#tensors = tensors;
    this.#prefix = prefix;
    this.#signal = options.signal;
  }

  /** The tensors below `name`: `under("layers.0")` has `layers.0.norm.weight` as `norm.weight`. */
  under(name: string): Weights {
    return new Weights(this.#tensors, { signal: this.#signal }, `${this.#prefix}${name}.`);
  }

  has(name: string): boolean {
    return this.#tensors.has(this.#prefix + name);
  }

  shape(name: string): readonly number[] {
    return this.#source(name).shape;
  }

  /** All numbers of a small tensor. */
  async vector(name: string): Promise<Float32Array> {
    const source = this.#source(name);
    return this.#read(source, 0, source.shape[0] ?? 1);
  }

  /** Some rows of a matrix, in this order. */
  async rows(name: string, indices: readonly number[]): Promise<Rows> {
    const source = this.#source(name);
    const rows = new Rows(indices.length, source.shape[1]!);
    for (const [place, index] of indices.entries()) {
      rows.row(place).set(await this.#read(source, index, index + 1));
    }
    return rows;
  }

  /**
   * `x [tokens, in]` by `NAME.weight [out, in]` transposed, plus `NAME.bias [out]` where there is one -> `[tokens, out]`.
   *
   * @param range the rows of the weight to use, where a matrix holds several side by side. Default: all
   */
  async linear(x: Rows, name: string, range?: RowRange): Promise<Rows> {
    const product = await this.multiply(x, `${name}.weight`, range);
    if (!this.has(`${name}.bias`)) return product;
    const bias = (await this.vector(`${name}.bias`)).subarray(range?.start, range?.end);
    return product.map((value, column) => value + bias[column]!);
  }

  /** `x [tokens, in]` by a matrix `[out, in]`, transposed -> `[tokens, out]`. A convolution's kernel is flattened. */
  async multiply(x: Rows, name: string, range?: RowRange): Promise<Rows> {
    const source = this.#source(name);
    const { start, end } = range ?? { start: 0, end: source.shape[0]! };
    const product = new Rows(x.count, end - start);
    const step = Math.max(1, Math.floor(PIECE_BYTES / (4 * x.width)));
    for (let first = start; first < end; first += step) {
      const last = Math.min(first + step, end);
      multiplyPiece(x, await this.#read(source, first, last), product, first - start);
    }
    return product;
  }

  #source(name: string): WeightSource {
    return this.#tensors.get(this.#prefix + name);
  }

  /** Widened exactly, whatever the checkpoint's dtype is. */
  async #read(source: WeightSource, start: number, end: number): Promise<Float32Array> {
    const bytes = await castTo("F32", source).rows(start, end, { signal: this.#signal });
    throwIfAborted(this.#signal);
    return new Float32Array(bytes.slice().buffer);
  }
}

/** `product[token, column + r] = x[token] . piece[r]`; four tokens at a time, which is three times as fast as one. */
function multiplyPiece(x: Rows, piece: Float32Array, product: Rows, column: number): void {
  const { width, count } = x;
  const rows = piece.length / width;
  for (let token = 0; token < count; token += 4) {
    const [a, b, c, d] = [0, 1, 2, 3].map((next) => x.row(Math.min(token + next, count - 1))) as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    for (let r = 0; r < rows; r++) {
      const offset = r * width;
      let [sumA, sumB, sumC, sumD] = [0, 0, 0, 0];
      for (let i = 0; i < width; i++) {
        const weight = piece[offset + i]!;
        sumA += weight * a[i]!;
        sumB += weight * b[i]!;
        sumC += weight * c[i]!;
        sumD += weight * d[i]!;
      }
      const place = token * product.width + column + r;
      product.data[place] = sumA;
      if (token + 1 < count) product.data[place + product.width] = sumB;
      if (token + 2 < count) product.data[place + 2 * product.width] = sumC;
      if (token + 3 < count) product.data[place + 3 * product.width] = sumD;
    }
  }
}
