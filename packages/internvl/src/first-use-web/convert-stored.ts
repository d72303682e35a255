import { type DtypeOption, resolveDtypes } from "@internvl/config";
import type { ConversionOptions, ModelFiles } from "@internvl/core";
import { openStoredSink, removeStoredFolder, webFiles } from "@internvl/runtime-web";
import { version } from "../../package.json";
import { fetchCheckpoint } from "../first-use/fetch-checkpoint.js";
import { contentKey } from "./content-key.js";

/** What wasm computes fastest: in 4 bits it widens all weights at each call. */
const DEFAULT_DTYPE = "int8";

/**
 * The `convertCheckpoint` of browsers: the converted folder in the page's storage (`converted/…`), made when it is not there
 * yet. Of several tabs that want it one converts and the others wait, and take over when that one is closed. What a tab
 * that was closed in the middle has left is made anew; weights that were downloaded stay.
 *
 * @throws InternVLError what a download and a conversion throw, `FILE_WRITE_FAILED` when the storage is full
 */
export async function convertStored(files: ModelFiles, options: ConversionOptions = {}): Promise<ModelFiles> {
  const { signal, progress_callback } = options;
  const dtype = resolveDtypes((options.dtype as DtypeOption | undefined) ?? DEFAULT_DTYPE);
  const folder = `converted/${await contentKey(files, dtype, version, { signal })}`;
  await navigator.locks.request(`internvl ${folder}`, { signal }, async () => {
    if (await isComplete(folder)) return;
    const say = (loaded: number) =>
      progress_callback?.({ stage: "cache", name: folder, loaded, total: 1, unit: "files" });
    say(0);
    await removeStoredFolder(folder);
    await fetchCheckpoint(files, { signal, progress_callback });
    // Few pages need the converter, so it is loaded when one does.
    const { convertCheckpoint } = await import("@internvl/convert");
    await convertCheckpoint(files, await openStoredSink(folder), { dtype, signal, progress_callback });
    say(1);
  });
  return webFiles.open(folder);
}

/** config.json is what a conversion writes last. */
async function isComplete(folder: string): Promise<boolean> {
  const files = await webFiles.open(folder, { local_files_only: true }).catch(() => undefined);
  return (await files?.has("config.json")) ?? false;
}
