import { type JsonObject, type LongCallOptions, type ModelFiles, readJsonObject } from "@internvl/core";

export const VIDEO_CONFIG_NAME = "video_preprocessor_config.json";

/**
 * What a folder says of its video processor: video_preprocessor_config.json, else the part of processor_config.json, else
 * nothing: OpenGVLab's folders have neither.
 *
 * @throws InternVLError `FILE_INVALID`
 */
export async function readVideoConfig(files: ModelFiles, options?: LongCallOptions): Promise<JsonObject> {
  if (await files.has(VIDEO_CONFIG_NAME)) return readJsonObject(files, VIDEO_CONFIG_NAME, options);
  if (!(await files.has("processor_config.json"))) return {};
  const { video_processor } = await readJsonObject(files, "processor_config.json", options);
  return typeof video_processor === "object" && video_processor !== null && !Array.isArray(video_processor)
    ? video_processor
    : {};
}
