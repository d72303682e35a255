import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import type { DtypeOption, ModelFiles } from "internvl";
import {
  ConvertProgress,
  converterFingerprint,
  convertFolder,
  describeDtypes,
  distinctDtypes,
} from "internvl/convert-command";
import { cacheDirectory } from "./cache-directory.js";
import { checkpointHash } from "./checkpoint-hash.js";

const DEFAULT_DTYPE = "q4";

/**
 * The converted folder of a checkpoint, in the cache. It is made when it is not there yet, under another name until it
 * is complete: a second program that looks at the same time, or a Ctrl-C, does no harm.
 */
export async function convertCached(
  files: ModelFiles,
  dtype: DtypeOption = DEFAULT_DTYPE,
  options: { signal: AbortSignal },
): Promise<string> {
  const directory = join(cacheDirectory(), "converted", await conversionKey(files, dtype));
  if (existsSync(join(directory, "config.json"))) return directory;

  process.stderr.write(`Converting ${files.name} (once) into ${directory}\n`);
  const unfinished = `${directory}.${randomBytes(4).toString("hex")}`;
  const progress = new ConvertProgress(process.stderr);
  try {
    await convertFolder({
      input: files.name,
      output: unfinished,
      dtype: [dtype],
      verify: false,
      signal: options.signal,
      progress_callback: progress.report,
    });
    await rename(unfinished, directory).catch((error) => {
      // Another program was faster.
      if (!existsSync(join(directory, "config.json"))) throw error;
    });
  } finally {
    progress.clear();
    await rm(unfinished, { recursive: true, force: true });
  }
  return directory;
}

/** Another checkpoint, another dtype or another converter: another folder. */
async function conversionKey(files: ModelFiles, dtype: DtypeOption): Promise<string> {
  const graphs = distinctDtypes([dtype]).map(describeDtypes).join();
  const parts = [await checkpointHash(files), await converterFingerprint(), graphs];
  const hash = createHash("sha256").update(parts.join("\0")).digest("hex");
  return `${basename(files.name)}-${typeof dtype === "string" ? dtype : "mixed"}-${hash.slice(0, 16)}`;
}
