import { InternVLError, Tensor } from "@internvl/core";

/** What a cache must know of the decoder. */
export interface CacheShape {
  num_layers: number;
  num_key_value_heads: number;
  head_dim: number;
}

/** Room for this many tokens is added at once: small enough to waste little, large enough to copy rarely. */
const GROWTH_STEP = 64;

/**
 * The keys and values of the tokens that were read so far, in arrays of ours with spare room at the end.
 *
 * The decoder's graph gets the arrays whole and returns the rows of the new tokens only; this object writes them in
 * place. A graph that returned all rows, as most exports do, would copy the whole past at every step.
 *
 * Layout of each array: `[batch, num_key_value_heads, capacity, head_dim]`. Columns from `length` on are unused, and a
 * row's left padding is never seen: `mask` says so to the graph.
 */
export class KeyValueCache {
  readonly batch_size: number;
  readonly shape: CacheShape;
  #length = 0;
  #capacity = 0;
  #keys: Float32Array[];
  #values: Float32Array[];
  /** `[batch, capacity]`: 0 for a column that may be seen, `HIDDEN` for padding and for unused room. */
  #mask: Float32Array;
  #disposed = false;

  constructor(batch_size: number, shape: CacheShape) {
    this.batch_size = batch_size;
    this.shape = shape;
    this.#keys = Array.from({ length: shape.num_layers }, () => new Float32Array(0));
    this.#values = Array.from({ length: shape.num_layers }, () => new Float32Array(0));
    this.#mask = new Float32Array(0);
  }

  /** Tokens in the cache, padding included. */
  get length(): number {
    return this.#length;
  }

  /** Tokens there is room for. */
  get capacity(): number {
    return this.#capacity;
  }

  /** Bytes held. */
  get byteLength(): number {
    const { num_layers, num_key_value_heads, head_dim } = this.shape;
    return 2 * num_layers * this.batch_size * num_key_value_heads * this.#capacity * head_dim * 4;
  }

  /** `past_key_values.N.key` and `.value`, `[batch, heads, capacity, head_dim]`, and `past_mask`. Views, no copies. */
  feeds(): Record<string, Tensor> {
    this.#assertUsable();
    const { num_layers, num_key_value_heads, head_dim } = this.shape;
    const dims = [this.batch_size, num_key_value_heads, this.#capacity, head_dim];
    const feeds: Record<string, Tensor> = {
      past_mask: new Tensor("float32", this.#mask, [this.batch_size, this.#capacity]),
    };
    for (let layer = 0; layer < num_layers; layer++) {
      feeds[`past_key_values.${layer}.key`] = new Tensor("float32", this.#keys[layer]!, dims);
      feeds[`past_key_values.${layer}.value`] = new Tensor("float32", this.#values[layer]!, dims);
    }
    return feeds;
  }

  /**
   * Takes the rows of the new tokens.
   *
   * @param outputs `new_key_values.N.key` and `.value`, `[batch, heads, count, head_dim]`
   * @param visible `[batch, count]`: 0 for padding
   * @param spare room to leave behind the new rows when the arrays must grow. 0 while a prompt is read in pieces,
   *   because attention costs time for unused room as well.
   */
  append(outputs: Record<string, Tensor>, count: number, visible: ArrayLike<number>, spare: number): void {
    this.#assertUsable();
    this.#reserve(this.#length + count, spare);
    for (let layer = 0; layer < this.shape.num_layers; layer++) {
      this.#write(this.#keys[layer]!, outputs[`new_key_values.${layer}.key`]!.data as Float32Array, count);
      this.#write(this.#values[layer]!, outputs[`new_key_values.${layer}.value`]!.data as Float32Array, count);
    }
    for (let row = 0; row < this.batch_size; row++) {
      for (let i = 0; i < count; i++) {
        this.#mask[row * this.#capacity + this.#length + i] = visible[row * count + i] ? 0 : HIDDEN;
      }
    }
    this.#length += count;
  }

  /** Forgets all tokens from `length` on. */
  crop(length: number): void {
    if (!Number.isInteger(length) || length < 0 || length > this.#length) {
      throw new InternVLError("INPUT_INVALID", {
        what: "A cache cannot be cropped to this length",
        expected: `0 to ${this.#length}`,
        got: String(length),
      });
    }
    for (let row = 0; row < this.batch_size; row++) {
      const start = row * this.#capacity;
      this.#mask.fill(HIDDEN, start + length, start + this.#length);
    }
    this.#length = length;
  }

  /** Drops the arrays. Safe to call twice. */
  dispose(): void {
    this.#disposed = true;
    this.#keys = [];
    this.#values = [];
    this.#mask = new Float32Array(0);
    this.#length = 0;
    this.#capacity = 0;
  }

  #write(target: Float32Array, rows: Float32Array, count: number): void {
    const { num_key_value_heads, head_dim } = this.shape;
    const width = count * head_dim;
    for (let head = 0; head < this.batch_size * num_key_value_heads; head++) {
      const start = (head * this.#capacity + this.#length) * head_dim;
      target.set(rows.subarray(head * width, (head + 1) * width), start);
    }
  }

  #reserve(needed: number, spare: number): void {
    if (needed <= this.#capacity) return;
    const capacity =
      spare === 0 ? needed : Math.ceil((needed + Math.max(spare, needed >> 2)) / GROWTH_STEP) * GROWTH_STEP;
    const { num_key_value_heads, head_dim } = this.shape;
    const heads = this.batch_size * num_key_value_heads;
    this.#keys = this.#keys.map((old) => regrow(old, heads, this.#capacity * head_dim, capacity * head_dim));
    this.#values = this.#values.map((old) => regrow(old, heads, this.#capacity * head_dim, capacity * head_dim));
    const mask = new Float32Array(this.batch_size * capacity).fill(HIDDEN);
    for (let row = 0; row < this.batch_size; row++) {
      mask.set(this.#mask.subarray(row * this.#capacity, row * this.#capacity + this.#length), row * capacity);
    }
    this.#mask = mask;
    this.#capacity = capacity;
  }

  #assertUsable(): void {
    if (this.#disposed) {
      throw new InternVLError("RELEASED", { what: "The cache was disposed of", fix: "Start again without it." });
    }
  }
}

/** Added to an attention score to hide it: exp(-1e9) is 0 in float32, and no sum with it overflows. */
export const HIDDEN = -1e9;

function regrow(old: Float32Array, rows: number, oldWidth: number, width: number): Float32Array {
  const grown = new Float32Array(rows * width);
  for (let row = 0; row < rows && oldWidth > 0; row++) {
    grown.set(old.subarray(row * oldWidth, (row + 1) * oldWidth), row * width);
  }
  return grown;
}
