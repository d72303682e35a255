import { createRequire } from "node:module";
import { dirname } from "node:path";
import { type DtypeOption, type ModelFiles, openModel } from "internvl";
import { convertCached } from "./convert-cached.js";

export interface LocatedModel {
  /** A converted folder. */
  directory: string;
  isDemo: boolean;
}

/**
 * The converted folder of `--model`: that folder itself, or for a checkpoint its conversion in the cache.
 *
 * @param model default: the demo model
 */
export async function locateModel(
  model: string | undefined,
  dtype: DtypeOption | undefined,
  options: { signal: AbortSignal },
): Promise<LocatedModel> {
  const files = await openModel(model ?? demoCheckpoint());
  const directory = (await isUnconverted(files)) ? await convertCached(files, dtype, options) : files.name;
  return { directory, isDemo: model === undefined };
}

function demoCheckpoint(): string {
  return dirname(createRequire(import.meta.url).resolve("@internvl/demo-model/config.json"));
}

/** A folder that is neither is left to the model's own message. */
async function isUnconverted(files: ModelFiles): Promise<boolean> {
  const paths = await files.list();
  const converted = paths.some((path) => /^onnx\/.*\.onnx$/.test(path));
  return !converted && paths.some((path) => path.endsWith(".safetensors"));
}
