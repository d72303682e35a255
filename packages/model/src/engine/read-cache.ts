import type { Tensor } from "@internvl/core";
import type { NewColumns } from "./cache.js";

/** What the decoder needs of a cache: the keys and values of what was read before, and a place for those of what it reads. */
export interface ReadCache {
  readonly batch_size: number;
  /** Tokens of the longest row. */
  readonly length: number;
  /** As `KeyValueCache.feeds`. */
  feeds(): Record<string, Tensor>;
  /** As `KeyValueCache.append`. */
  append(outputs: Readonly<Record<string, Tensor>>, columns: NewColumns): void;
}
