import { GENERATION_CONFIG_FILE, InternVL2_5Config } from "@internvl/config";
import { type LongCallOptions, type ModelFiles, readJsonObject } from "@internvl/core";
import { InternVL2_5Processor } from "@internvl/processor";

const SINGLE_FILE = "model.safetensors";
const INDEX_FILE = "model.safetensors.index.json";

/**
 * Brings the weights that a conversion reads to this machine, all at once. What is small comes first and is checked, so
 * that nobody waits for gigabytes of a model that cannot be converted.
 */
export async function fetchCheckpoint(files: ModelFiles, options: LongCallOptions): Promise<void> {
  if (files.prefetch === undefined) return;
  await InternVL2_5Config.from_pretrained(files, options);
  await InternVL2_5Processor.from_pretrained(files, options);
  const others = (await files.has(GENERATION_CONFIG_FILE)) ? [GENERATION_CONFIG_FILE] : [];
  await files.prefetch([...others, ...(await weightFiles(files, options))], options);
}

/** Nothing when there are no weights of this format: the converter says what it expects. */
async function weightFiles(files: ModelFiles, options: LongCallOptions): Promise<string[]> {
  if (await files.has(SINGLE_FILE)) return [SINGLE_FILE];
  if (!(await files.has(INDEX_FILE))) return [];
  const { weight_map } = await readJsonObject(files, INDEX_FILE, options);
  const shards = new Set(Object.values(weight_map ?? {}));
  return (await files.list()).filter((path) => shards.has(path));
}
