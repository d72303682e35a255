import { type LongCallOptions, type ModelFiles, readJsonObject } from "@internvl/core";

const WEIGHTS = "model.safetensors";
const INDEX = `${WEIGHTS}.index.json`;

/**
 * Brings what a conversion reads to this machine, side by side: configuration, tokenizer, and the weights in one form.
 * A folder on disk has them already.
 */
export async function fetchCheckpoint(files: ModelFiles, options: LongCallOptions): Promise<void> {
  if (files.prefetch === undefined) return;
  const listing = await files.list();
  const small = listing.filter((path) => /^[^/]+\.(json|jinja|txt|model)$/.test(path));
  await files.prefetch(small, options);
  await files.prefetch(listing.includes(WEIGHTS) ? [WEIGHTS] : await shards(files, listing), options);
}

async function shards(files: ModelFiles, listing: readonly string[]): Promise<string[]> {
  if (!listing.includes(INDEX)) return [];
  const { weight_map } = await readJsonObject(files, INDEX);
  const named = new Set(Object.values(weight_map ?? {}));
  // What the index names and the listing lacks, the reading of the index reports.
  return listing.filter((path) => named.has(path));
}
