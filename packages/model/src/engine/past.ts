import { InternVLError } from "@internvl/core";
import { KeyValueCache, otherBatch } from "./cache.js";
import { assertSameShape, type CacheShape } from "./cache-shape.js";
import type { TokenRows } from "./engine.js";
import { toMask } from "./inputs.js";
import type { PastKeyValues } from "./past-key-values.js";

const inUse = new WeakSet<KeyValueCache>();

/**
 * Keeps a cache for one call until the function that it returns is called: two calls at once would write each other's
 * tokens into it.
 *
 * @throws InternVLError `INPUT_INVALID` when another call has it
 */
export function claim(cache: KeyValueCache): () => void {
  if (inUse.has(cache)) {
    throw new InternVLError("INPUT_INVALID", {
      what: "The cache is in use by another call",
      fix: "Wait for that call, or give each its own: past_key_values.fork().",
    });
  }
  inUse.add(cache);
  return () => inUse.delete(cache);
}

/**
 * The cache that a caller gave, which must be this model's.
 *
 * @throws InternVLError `RELEASED`, `INPUT_INVALID` (a worker's or another model's cache, another number of rows)
 */
export function fittingCache(given: PastKeyValues, model: CacheShape, batch: number): KeyValueCache {
  if (!(given instanceof KeyValueCache)) {
    throw new InternVLError("INPUT_INVALID", {
      what: "past_key_values lives in a worker, and this model does not",
      fix: "Save it there and load it with this model's loadCache, or start without it.",
    });
  }
  assertSameShape(given.shape, model);
  given.assertUsable();
  if (given.batch_size !== batch) throw otherBatch(given.batch_size, batch);
  return given;
}

/**
 * A cache that `generate` goes on from must hold the beginning of the prompt, and leave a token to read.
 *
 * @throws InternVLError `INPUT_INVALID`
 */
export function assertBeginning(cache: KeyValueCache, input_ids: readonly (readonly number[])[]): void {
  const length = input_ids[0]!.length;
  if (cache.length >= length) {
    throw new InternVLError("INPUT_INVALID", {
      what: "past_key_values leaves nothing of the prompt to read",
      expected: `fewer than ${length} tokens, the prompt's length`,
      got: String(cache.length),
      fix: "Give the whole sequence as input_ids, or crop the cache.",
    });
  }
  const common = cache.commonPrefix(input_ids);
  if (common === cache.length) return;
  throw new InternVLError("INPUT_INVALID", {
    what: "past_key_values was read from other tokens than input_ids begins with",
    expected: `the same ${cache.length} tokens in every row`,
    got: `a difference at ${common}`,
    fix: `Call past_key_values.crop(${common}) first, which is what its commonPrefix(input_ids) says.`,
  });
}

/**
 * The mask of cached and new columns, `[batch][total]`. Without one from the caller, cached columns stay as they were
 * read and new ones are visible. With one, columns at the end of the cache that it hides are hidden there: the padding
 * behind a row that ended before others did. Anything else that differs cannot be had from keys that are there already.
 *
 * @throws InternVLError `INPUT_INVALID`
 */
export function maskOver(cache: KeyValueCache, given: TokenRows | undefined, total: number): number[][] {
  const cached = cache.attention_mask;
  if (given === undefined) return cached.map((row) => [...row, ...new Array<number>(total - row.length).fill(1)]);
  const mask = toMask(given, cache.batch_size, total);
  for (const [row, was] of cached.entries()) {
    const end = mask[row]!.slice(0, was.length).findLastIndex(Boolean) + 1;
    const odd = was.findIndex((visible, at) => (visible ? at < end && !mask[row]![at] : mask[row]![at]));
    if (odd !== -1) throw otherMask(row, odd, was[odd]!);
  }
  cache.hide(mask);
  return mask;
}

function otherMask(row: number, at: number, was: number): InternVLError {
  return new InternVLError("INPUT_INVALID", {
    what: `attention_mask differs from that which the cache was read with, in row ${row} at ${at}`,
    expected: String(was),
    got: String(1 - was),
    fix: `Keep the mask of the tokens that are cached, or crop the cache to ${at}.`,
  });
}
