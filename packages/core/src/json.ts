import { InternVLError } from "./errors.js";
import type { ModelFiles } from "./files.js";

export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };
export type JsonObject = { [key: string]: JsonValue };

/** UTF-8 text of a file. @throws InternVLError `FILE_INVALID` for bytes that are not UTF-8 */
export async function readText(files: ModelFiles, path: string, options?: { signal?: AbortSignal }): Promise<string> {
  const bytes = await files.read(path, options);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new InternVLError("FILE_INVALID", {
      what: `${path} in ${files.name} is not text`,
      expected: "UTF-8",
      got: `bytes that start with ${[...bytes.subarray(0, 4)].map((b) => b.toString(16).padStart(2, "0")).join(" ")}`,
      fix: "Save the file as UTF-8 or download it again.",
      cause,
    });
  }
}

/**
 * A JSON object from a file. Python writes `NaN` and `Infinity` into JSON; they are refused like any other error.
 *
 * @throws InternVLError `FILE_NOT_FOUND`, `FILE_INVALID` (not UTF-8, not JSON, not an object)
 */
export async function readJsonObject(
  files: ModelFiles,
  path: string,
  options?: { signal?: AbortSignal },
): Promise<JsonObject> {
  const text = await readText(files, path, options);
  let value: JsonValue;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new InternVLError("FILE_INVALID", {
      what: `${path} in ${files.name} is not JSON: ${(cause as Error).message}`,
      fix: "Mend the file or download it again.",
      cause,
    });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new InternVLError("FILE_INVALID", {
      what: `${path} in ${files.name} does not hold what it should`,
      expected: "a JSON object",
      got: value === null ? "null" : Array.isArray(value) ? "an array" : `a ${typeof value}`,
    });
  }
  return value;
}
