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
      multiplyPiece(x, new Float64Array(await this.#read(source, first, last)), product, first - start);
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

/**
 * `product[token, column + row] = x[token] . piece[row]`. Four tokens by two rows at a time, so that every number that is
 * fetched is used several times: almost three times as fast as one sum after the other.
 */
function multiplyPiece(x: Rows, piece: Float64Array, product: Rows, column: number): void {
  const { width, count, data } = x;
  const rows = piece.length / width;
  for (let token = 0; token < count; token += 4) {
    const tokens = Math.min(4, count - token);
    // Where fewer are left, the last one is computed again and not kept.
    const [a, b, c, d] = [0, 1, 2, 3].map((next) => (token + Math.min(next, tokens - 1)) * width) as Four;
    for (let row = 0; row < rows; row += 2) {
      const first = row * width;
      const second = Math.min(row + 1, rows - 1) * width;
      let [a1, b1, c1, d1] = [0, 0, 0, 0];
      let [a2, b2, c2, d2] = [0, 0, 0, 0];
      for (let i = 0; i < width; i++) {
        const v = piece[first + i]!;
        const w = piece[second + i]!;
        const xa = data[a + i]!;
        const xb = data[b + i]!;
        const xc = data[c + i]!;
        const xd = data[d + i]!;
        a1 += v * xa;
        b1 += v * xb;
        c1 += v * xc;
        d1 += v * xd;
        a2 += w * xa;
        b2 += w * xb;
        c2 += w * xc;
        d2 += w * xd;
      }
      const sums = [a1, b1, c1, d1, a2, b2, c2, d2];
      for (let next = 0; next < tokens; next++) {
        const place = (token + next) * product.width + column + row;
        product.data[place] = sums[next]!;
        if (row + 1 < rows) product.data[place + 1] = sums[next + 4]!;
      }
    }
  }
}

type Four = [number, number, number, number];
