import type { CacheDtype } from "@internvl/config";
import { InternVLError } from "@internvl/core";

/**
 * What a cache must know of the decoder: `model.config.text_config` is one. Caches that differ in the sizes do not fit;
 * the rest, where both sides have it, tells models of the same sizes apart.
 */
export interface CacheShape {
  readonly num_hidden_layers: number;
  readonly num_key_value_heads: number;
  readonly head_dim: number;
  /** What keys and values are stored in: `model.cache_dtype`. Default float32. */
  readonly cache_dtype?: CacheDtype;
  readonly model_type?: string;
  readonly hidden_size?: number;
  readonly vocab_size?: number;
  readonly rope_theta?: number;
}

const SIZES = ["num_hidden_layers", "num_key_value_heads", "head_dim"] as const;
const MEMBERS = [...SIZES, "cache_dtype", "model_type", "hidden_size", "vocab_size", "rope_theta"] as const;

/** The members of a shape that are there, and nothing else of what may be a whole config. */
export function shapeOf(shape: CacheShape): CacheShape {
  const entries = MEMBERS.map((name) => [name, shape[name]] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as unknown as CacheShape;
}

export function cacheDtypeOf({ cache_dtype = "float32" }: CacheShape): CacheDtype {
  return cache_dtype;
}

/** @throws InternVLError `INPUT_INVALID`, naming what differs */
export function assertSameShape(cache: CacheShape, model: CacheShape): void {
  if (cacheDtypeOf(cache) !== cacheDtypeOf(model)) {
    throw new InternVLError("INPUT_INVALID", {
      what: "The cache's keys and values are stored in another type than the model's",
      expected: `${cacheDtypeOf(model)}, the model's cache_dtype`,
      got: cacheDtypeOf(cache),
      fix: "Make caches with model.newCache and load them with model.loadCache; one of another cache_dtype must be read anew.",
    });
  }
  const different = MEMBERS.filter(
    (name) => cache[name] !== model[name] && cache[name] !== undefined && model[name] !== undefined,
  );
  if (different.length === 0) return;
  const say = (shape: CacheShape) => different.map((name) => `${name} ${shape[name]}`).join(", ");
  throw new InternVLError("INPUT_INVALID", {
    what: "The cache is another model's",
    expected: say(model),
    got: say(cache),
    fix: "Use a cache that this model has filled, or start without one.",
  });
}
