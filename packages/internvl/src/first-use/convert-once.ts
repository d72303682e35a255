import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type DtypeOption, resolveDtypes } from "@internvl/config";
import type { ConversionOptions, LongCallOptions, ModelFiles, Runtime } from "@internvl/core";
import { DirectoryFiles, openDirectorySink, WorkFolder } from "@internvl/runtime-node";
import { converterFingerprint } from "../convert-command/fingerprint.js";
import { cacheDirectory } from "./cache-directory.js";
import { conversionKey } from "./conversion-key.js";
import { fetchCheckpoint } from "./fetch-checkpoint.js";

/** What stands for the converter's code in the name of a conversion. Tests, which run on sources, have one of their own. */
export type Fingerprint = () => Promise<string>;

/**
 * The `convertCheckpoint` of a runtime: the converted folder in the cache (`cacheDirectory()/converted`), made when it is
 * not there yet.
 *
 * It has another name until it is complete. Of several processes that want it one converts and the others wait, and take
 * over when that one dies. An error or an abort leaves nothing; weights that were downloaded stay in their own cache.
 */
export function convertOnce(
  fingerprint: Fingerprint = converterFingerprint,
): NonNullable<Runtime["convertCheckpoint"]> {
  return async (files, { dtype, signal, progress_callback }: ConversionOptions = {}) => {
    const dtypes = resolveDtypes(dtype as DtypeOption | undefined);
    const key = await conversionKey(files, dtypes, await fingerprint(), { signal });
    const directory = join(cacheDirectory(), "converted", key);
    if (!isComplete(directory)) await convertInto(directory, files, dtypes, { signal, progress_callback });
    return new DirectoryFiles(directory);
  };
}

async function convertInto(
  directory: string,
  files: ModelFiles,
  dtype: DtypeOption,
  { signal, progress_callback }: LongCallOptions,
): Promise<void> {
  const say = (loaded: number) =>
    progress_callback?.({ stage: "cache", name: directory, loaded, total: 1, unit: "files" });
  say(0);
  // It gets its name when it is complete, so somebody has removed a part of it.
  if (existsSync(directory) && !isComplete(directory)) await rm(directory, { recursive: true, force: true });
  const work = await WorkFolder.claim(directory, { signal });
  if (work !== undefined) {
    try {
      // What a process that was killed had got done is not worth the risk of a mixture.
      await rm(work.data, { recursive: true, force: true });
      await fetchCheckpoint(files, { signal, progress_callback });
      const { convertCheckpoint } = await import("@internvl/convert");
      await convertCheckpoint(files, await openDirectorySink(work.data), { dtype, signal, progress_callback });
      await work.finish();
    } catch (error) {
      await work.discard();
      throw error;
    }
  }
  say(1);
}

/** config.json is what a conversion writes last. */
function isComplete(directory: string): boolean {
  return existsSync(join(directory, "config.json"));
}
