/** Values that are made once and kept while they are among the last `capacity` asked for. */
export class Lru<Value> {
  readonly #capacity: number;
  readonly #values: Map<string, Value> = new Map();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(key: string, make: () => Value): Value {
    const value = this.#values.get(key) ?? make();
    this.#values.delete(key);
    this.#values.set(key, value);
    if (this.#values.size > this.#capacity) this.#values.delete(this.#values.keys().next().value!);
    return value;
  }
}
