import type { ModelFiles } from "./files.js";
import { readJsonObject } from "./json.js";
import type { LongCallOptions } from "./progress.js";

/** `model_type` of a folder's config.json: what Auto classes go by. Undefined where there is no such file or field. */
export async function readModelType(files: ModelFiles, options: LongCallOptions = {}): Promise<string | undefined> {
  return readField(files, "config.json", "model_type", options);
}

/**
 * A string in one of a folder's JSON files; undefined where there is no such file or field.
 *
 * @throws InternVLError `FILE_INVALID` (not UTF-8, not JSON)
 */
export async function readField(
  files: ModelFiles,
  path: string,
  name: string,
  options: LongCallOptions = {},
): Promise<string | undefined> {
  if (!(await files.has(path))) return undefined;
  const value = (await readJsonObject(files, path, options))[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}
