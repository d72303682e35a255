import { existsSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DEFAULT_DTYPE, type DtypeOption, GRAPHS } from "@internvl/config";
import { convertCheckpoint } from "@internvl/convert";
import { InternVLError, isAbort, type LongCallOptions, type ModelFiles, throwIfAborted } from "@internvl/core";
import { InternVL2_5Processor } from "@internvl/processor";
import { DirectoryFiles, nodeRuntime, WorkFolder } from "@internvl/runtime-node";
import { cacheDirectory } from "./cache-directory.js";
import { conversionName } from "./conversion-name.js";
import { openRecordingSink } from "./recording-sink.js";
import { weightFiles } from "./weight-files.js";

const GENERATION_CONFIG = "generation_config.json";

export interface FirstUseOptions extends LongCallOptions {
  /** Default `"q4"`. */
  dtype?: DtypeOption;
}

/**
 * The converted folder of a checkpoint, in this library's cache. It is made when it is not there yet: a second process
 * that wants the same waits for the first and takes over if that one dies; an abort or a kill leaves nothing that could
 * be taken for a model. Weights of a Hub's model are fetched only when they have to be converted.
 *
 * Stages of the progress: `download` (and `verify`) of the weights, `convert`, the first report of which has the
 * `directory`, and `wait` while another process converts.
 *
 * @throws InternVLError what `convertCheckpoint` and reading the files throw; `FILE_WRITE_FAILED`
 */
export async function convertOnFirstUse(files: ModelFiles, options: FirstUseOptions = {}): Promise<ModelFiles> {
  const { dtype = DEFAULT_DTYPE, signal } = options;
  const directory = join(cacheDirectory(), "converted", await conversionName(files, dtype, { signal }));
  if (isComplete(directory)) return new DirectoryFiles(directory);

  // Small files first: what is wrong with them shows before gigabytes are fetched.
  await InternVL2_5Processor.from_pretrained(files, { runtime: nodeRuntime, signal });
  await fetchTheRest(files, options);

  while (!isComplete(directory)) {
    await prepare(directory);
    const work = await claim(directory, options);
    if (work !== undefined) await build(work, files, directory, options);
  }
  return new DirectoryFiles(directory);
}

/** Weights, and what is read after them: converting then needs no network. */
async function fetchTheRest(files: ModelFiles, { signal, progress_callback }: FirstUseOptions): Promise<void> {
  const paths = await weightFiles(files, { signal });
  if (await files.has(GENERATION_CONFIG)) paths.push(GENERATION_CONFIG);
  await files.prefetch?.(paths, { signal, progress_callback });
}

/** config.json is written last. */
function isComplete(directory: string): boolean {
  return existsSync(join(directory, "config.json"));
}

async function prepare(directory: string): Promise<void> {
  try {
    await mkdir(dirname(directory), { recursive: true });
    // A folder that somebody has half removed. In this order: a complete one may appear at any moment, at once.
    if (existsSync(directory) && !isComplete(directory)) await rm(directory, { recursive: true, force: true });
  } catch (cause) {
    throw new InternVLError("FILE_WRITE_FAILED", {
      what: `The cache for conversions ${dirname(directory)} cannot be made: ${(cause as Error).message}`,
      fix: "Set XDG_CACHE_HOME to a folder that can be written, or convert with internvl-convert and load its folder.",
      cause,
    });
  }
}

/** The right to build `directory`; undefined when another process has come to its end with it. */
async function claim(directory: string, { signal, progress_callback }: FirstUseOptions) {
  try {
    return await WorkFolder.claim(directory, {
      signal,
      waiting: () => progress_callback?.({ stage: "wait", loaded: 0, unit: "files", directory }),
    });
  } catch (error) {
    if (isAbort(error)) throwIfAborted(signal, "The conversion was aborted");
    throw error;
  }
}

async function build(
  work: WorkFolder,
  files: ModelFiles,
  directory: string,
  { dtype = DEFAULT_DTYPE, signal, progress_callback }: FirstUseOptions,
): Promise<void> {
  try {
    progress_callback?.({ stage: "convert", loaded: 0, total: GRAPHS.length, unit: "files", directory });
    // What a process left that was killed; a conversion cannot be gone on with.
    await rm(work.data, { recursive: true, force: true });
    const sink = await openRecordingSink(work.data);
    await convertCheckpoint(files, sink, { dtype, signal, progress_callback });
    // After a long stop of this process another may have taken the folder, with the first files in it.
    if (sink.written.every((path) => existsSync(join(work.data, path)))) await work.finish();
  } finally {
    await work.discard();
  }
}
