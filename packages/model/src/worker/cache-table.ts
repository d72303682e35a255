import { InternVLError } from "@internvl/core";
import type { KeyValueCache } from "../engine/cache.js";
import type { CacheMaker, PastKeyValues } from "../engine/past-key-values.js";
import type { CacheAction } from "./messages.js";

/** The worker's caches, by the numbers that their handles have. */
export class CacheTable {
  readonly #caches: Map<number, KeyValueCache> = new Map();
  /** When the calls that have a cache have ended, also those whose caller was told of a failure already. */
  readonly #calls: Map<number, Promise<unknown>> = new Map();

  keep(number: number, cache: PastKeyValues): void {
    // In this thread there are no handles.
    this.#caches.set(number, cache as KeyValueCache);
  }

  /** Gives a cache to a call. */
  async lend<T>(number: number | undefined, call: (cache?: KeyValueCache) => Promise<T>): Promise<T> {
    if (number === undefined) return call();
    const running = call(this.#get(number));
    this.#calls.set(number, Promise.allSettled([this.#calls.get(number), running]));
    return running;
  }

  disposeAll(): void {
    for (const cache of this.#caches.values()) cache.dispose();
    this.#caches.clear();
  }

  /** Does what a handle asks. */
  async act(number: number, action: CacheAction, maker: CacheMaker): Promise<unknown> {
    switch (action.do) {
      case "new":
        return this.keep(number, maker.newCache(action.batch_size, action.options));
      case "load":
        return this.keep(number, await maker.loadCache(action.bytes));
      case "fork":
        return this.keep(action.as, this.#get(number).fork());
      case "crop":
        return this.#get(number).crop(action.max_length);
      case "reorder_cache":
        return this.#get(number).reorder_cache(action.beam_idx);
      case "batch_repeat_interleave":
        return this.#get(number).batch_repeat_interleave(action.repeats);
      case "reset":
        return this.#get(number).reset();
      case "rows":
        await this.#calls.get(number);
        return this.#get(number).rows;
      case "save":
        return this.#get(number).save();
      case "dispose":
        this.#caches.get(number)?.dispose();
        this.#caches.delete(number);
        this.#calls.delete(number);
    }
  }

  #get(number: number): KeyValueCache {
    const cache = this.#caches.get(number);
    if (cache !== undefined) return cache;
    throw new InternVLError("RELEASED", { what: "The cache was disposed of", fix: "Start again without it." });
  }
}
