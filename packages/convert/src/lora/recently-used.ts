/**
 * Keeps the last few values that were computed. Weights are merged one after the other, or a few in turn where a view above
 * joins them (queries, keys and values), so whatever is asked for again is asked for soon.
 */
export class RecentlyUsed<T> {
  readonly #capacity: number;
  // A Map keeps the order in which keys were set: the first is the one that was not used for longest.
  readonly #values = new Map<symbol, Promise<T>>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(key: symbol, compute: () => Promise<T>): Promise<T> {
    const value = this.#values.get(key) ?? this.#computed(key, compute);
    this.#values.delete(key);
    this.#values.set(key, value);
    for (const oldest of this.#values.keys()) {
      if (this.#values.size <= this.#capacity) break;
      this.#values.delete(oldest);
    }
    return value;
  }

  /** A failure is not kept: the next one who asks may have another signal. */
  #computed(key: symbol, compute: () => Promise<T>): Promise<T> {
    const value = compute();
    value.catch(() => this.#values.delete(key));
    return value;
  }
}
