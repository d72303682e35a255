import type { ModelFiles } from "@internvl/core";
import { readJsonObject } from "@internvl/core";

const SINGLE = "model.safetensors";
const INDEX = "model.safetensors.index.json";

/**
 * The weights that a conversion reads, by the converter's own rule: `model.safetensors`, else the shards of the index.
 * Whatever else a repository holds (another framework's weights, examples) is neither fetched nor hashed. Shards that
 * are missing, and an index that is none, are left to the converter's message.
 */
export async function weightFiles(files: ModelFiles, options: { signal?: AbortSignal } = {}): Promise<string[]> {
  if (await files.has(SINGLE)) return [SINGLE];
  if (!(await files.has(INDEX))) return [];
  const { weight_map } = await readJsonObject(files, INDEX, options);
  const present = new Set(await files.list());
  const shards = new Set(Object.values(weight_map ?? {}));
  return [...present].filter((path) => shards.has(path)).sort();
}
