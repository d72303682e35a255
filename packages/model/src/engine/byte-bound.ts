/** Values by key. Once all together have more than `max_bytes`, those that were not used for longest are dropped. */
export class ByteBound<Key, Value> {
  #max_bytes: number;
  readonly #dropped: (value: Value) => void;
  // In the order of their last use.
  readonly #entries = new Map<Key, { value: Value; bytes: number }>();
  #bytes = 0;

  /** @param dropped hears of each value that is no longer kept, so that it can give its memory back */
  constructor(max_bytes: number, dropped: (value: Value) => void = () => {}) {
    this.#max_bytes = max_bytes;
    this.#dropped = dropped;
  }

  get max_bytes(): number {
    return this.#max_bytes;
  }

  get size(): number {
    return this.#entries.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The least recently used first. */
  keys(): Key[] {
    return [...this.#entries.keys()];
  }

  /** Counts as a use. */
  get(key: Key): Value | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.value;
  }

  /** A value that alone has more than `max_bytes` is dropped at once, and nothing else for it. */
  set(key: Key, value: Value, bytes: number): void {
    this.delete(key);
    if (bytes > this.#max_bytes) {
      this.#dropped(value);
      return;
    }
    this.#entries.set(key, { value, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#max_bytes) return;
      this.delete(oldest);
    }
  }

  delete(key: Key): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
    this.#dropped(entry.value);
  }

  clear(): void {
    for (const key of this.keys()) this.delete(key);
  }

  /** Drops everything, and what comes from now on. */
  close(): void {
    this.#max_bytes = -1;
    this.clear();
  }
}
