import { type CacheOptions, KeyValueCache } from "../engine/cache.js";
import type { PastKeyValues } from "../engine/past-key-values.js";
import type { CacheAction, CacheRows } from "./messages.js";

/** How a handle reaches its cache. `post` is for what cannot fail once it was checked here: messages keep their order. */
export interface CachePort {
  post(cache: number, action: CacheAction): void;
  request(cache: number, action: CacheAction): Promise<unknown>;
  /** A number that no cache in the worker has. */
  newNumber(): number;
}

/**
 * A cache that lives in the worker with its model. Here is a cache without layers that goes through the same changes: it
 * knows lengths, rows and tokens, and refuses what the other would refuse.
 */
export class RemoteKeyValueCache implements PastKeyValues {
  readonly #port: CachePort;
  readonly #number: number;
  #mirror: KeyValueCache;

  constructor(port: CachePort, number: number, mirror: KeyValueCache) {
    this.#port = port;
    this.#number = number;
    this.#mirror = mirror;
    abandoned.register(this, { port, number }, this);
  }

  get batch_size(): number {
    return this.#mirror.batch_size;
  }

  get length(): number {
    return this.#mirror.length;
  }

  get disposed(): boolean {
    return this.#mirror.disposed;
  }

  get attention_mask(): number[][] {
    return this.#mirror.attention_mask;
  }

  get_seq_length(): number {
    return this.length;
  }

  commonPrefix(input_ids: readonly ArrayLike<number>[]): number {
    return this.#mirror.commonPrefix(input_ids);
  }

  crop(max_length: number): void {
    this.#mirror.crop(max_length);
    this.#port.post(this.#number, { do: "crop", max_length });
  }

  reorder_cache(beam_idx: readonly number[]): void {
    this.#mirror.reorder_cache(beam_idx);
    this.#port.post(this.#number, { do: "reorder_cache", beam_idx });
  }

  batch_repeat_interleave(repeats: number): void {
    this.#mirror.batch_repeat_interleave(repeats);
    this.#port.post(this.#number, { do: "batch_repeat_interleave", repeats });
  }

  batch_select_indices(indices: readonly number[]): void {
    this.reorder_cache(indices);
  }

  reset(): void {
    this.#mirror.reset();
    this.#port.post(this.#number, { do: "reset" });
  }

  fork(): RemoteKeyValueCache {
    const mirror = this.#mirror.fork();
    const number = this.#port.newNumber();
    this.#port.post(this.#number, { do: "fork", as: number });
    return new RemoteKeyValueCache(this.#port, number, mirror);
  }

  async save(): Promise<Uint8Array> {
    this.#mirror.assertUsable();
    return (await this.#port.request(this.#number, { do: "save" })) as Uint8Array;
  }

  dispose(): void {
    if (this.disposed) return;
    this.#mirror.dispose();
    abandoned.unregister(this);
    this.#port.post(this.#number, { do: "dispose" });
  }

  /** The cache's number in the worker behind `port`; undefined for another worker's. */
  numberIn(port: CachePort): number | undefined {
    return port === this.#port ? this.#number : undefined;
  }

  /** Takes over what the cache holds after a call. */
  async refresh(): Promise<void> {
    if (this.disposed) return;
    this.#mirror = mirrorOf((await this.#port.request(this.#number, { do: "rows" })) as CacheRows);
  }
}

/** The rows of a cache and nothing else. */
export function mirrorOf({ tokens, visible }: CacheRows): KeyValueCache {
  const mirror = emptyMirror(tokens.length);
  mirror.append({}, { tokens, visible, spare: 0 });
  return mirror;
}

export function emptyMirror(batch_size: number, options?: CacheOptions): KeyValueCache {
  return new KeyValueCache(batch_size, { num_hidden_layers: 0, num_key_value_heads: 0, head_dim: 0 }, options);
}

/** The memory of a handle that nobody holds any more would be lost: the worker cannot see that. */
const abandoned = new FinalizationRegistry<{ port: CachePort; number: number }>(({ port, number }) =>
  port.post(number, { do: "dispose" }),
);
