import { type JsonObject, type ModelFiles, type PretrainedOptions, readJsonObject } from "@internvl/core";

/** tokenizer_config.json and special_tokens_map.json; empty objects where they are missing. */
export async function readTokenizerConfig(
  files: ModelFiles,
  options: PretrainedOptions,
): Promise<{ config: JsonObject; special_tokens_map: JsonObject }> {
  return {
    config: await readOptionalJson(files, "tokenizer_config.json", options),
    special_tokens_map: await readOptionalJson(files, "special_tokens_map.json", options),
  };
}

/** A JSON object from a file, or an empty one where there is no file. @throws InternVLError `FILE_INVALID` */
export async function readOptionalJson(
  files: ModelFiles,
  path: string,
  options: PretrainedOptions,
): Promise<JsonObject> {
  return (await files.has(path)) ? readJsonObject(files, path, options) : {};
}
