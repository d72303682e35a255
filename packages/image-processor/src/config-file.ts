import { type JsonObject, type JsonValue, type LongCallOptions, type ModelFiles, readJsonObject } from "@internvl/core";
import { aliases, type ImageProcessorOptions, type ImageProcessorSettings, settingNames } from "./options.js";

export const CONFIG_NAME = "preprocessor_config.json";

/** Where config.json says what a preprocessor_config.json leaves out: for each setting the paths to look at, in order. */
type Sources = Partial<Record<keyof ImageProcessorSettings, readonly (readonly string[])[]>>;

const modelSources: Sources = {
  patch_size: [["vision_config", "patch_size"]],
  downsample_ratio: [["downsample_ratio"]],
};

/** By `model_type`. Others have nothing for us. */
const sources: Readonly<Record<string, Sources>> = {
  // OpenGVLab's: the folder's preprocessor_config.json is CLIP's and knows no tiles, config.json holds everything.
  internvl_chat: {
    ...modelSources,
    size: [["force_image_size"], ["vision_config", "image_size"]],
    crop_to_patches: [["dynamic_image_size"]],
    min_tiles: [["min_dynamic_patch"]],
    max_tiles: [["max_dynamic_patch"]],
    use_thumbnail: [["use_thumbnail"]],
  },
  internvl2_5: modelSources,
  internvl: modelSources,
};

/** Names that only a preprocessor_config.json for tiles has. */
const tileFields = ["crop_to_patches", "min_tiles", "max_tiles", "min_patches", "max_patches", "dynamic_size"];

export interface FileSettings {
  options: ImageProcessorOptions;
  /** Fields that the image processor does not know. They are written again by `save_pretrained`. */
  unknown_fields: JsonObject;
}

/**
 * The settings of a model's folder, whichever of the three dialects it speaks. What stands in preprocessor_config.json
 * goes before config.json, unless it is a file that knows nothing of tiles in OpenGVLab's folder.
 *
 * @throws InternVLError `FILE_NOT_FOUND` (no file that says anything), `FILE_INVALID`
 */
export async function readFileSettings(files: ModelFiles, options?: LongCallOptions): Promise<FileSettings> {
  const config = (await files.has("config.json")) ? await readJsonObject(files, "config.json", options) : {};
  const known = sources[String(config["model_type"])] ?? {};
  const fromConfig = pick(config, known);
  const isComplete = known.max_tiles !== undefined;
  const own = await readOwn(files, isComplete, options);
  const knowsTiles = tileFields.some((name) => Object.hasOwn(own, name));
  const fields: JsonObject = knowsTiles ? { ...fromConfig, ...own } : { ...own, ...fromConfig };
  return splitFields(fields);
}

/** The file that the image processor itself wrote, in one of its places. */
async function readOwn(files: ModelFiles, optional: boolean, options?: LongCallOptions): Promise<JsonObject> {
  if (await files.has(CONFIG_NAME)) return readJsonObject(files, CONFIG_NAME, options);
  if (await files.has("processor_config.json")) {
    const nested = (await readJsonObject(files, "processor_config.json", options))["image_processor"];
    if (isObject(nested)) return nested;
  }
  return optional ? {} : readJsonObject(files, CONFIG_NAME, options);
}

function pick(config: JsonObject, known: Sources): JsonObject {
  const found: JsonObject = {};
  for (const [setting, paths] of Object.entries(known)) {
    const value = paths
      .map((path) => at(config, path))
      .find((candidate) => candidate !== undefined && candidate !== null);
    if (value !== undefined) found[setting] = side(value);
  }
  return found;
}

function at(config: JsonObject, path: readonly string[]): JsonValue | undefined {
  let value: JsonValue | undefined = config;
  for (const name of path) value = isObject(value) ? value[name] : undefined;
  return value;
}

/** Merged Transformers writes both sides, `[14, 14]`; they are equal in every InternVL. */
function side(value: JsonValue): JsonValue {
  return Array.isArray(value) && value.length === 2 && value[0] === value[1] ? value[0]! : value;
}

/** What is a setting among the fields of a file, and what is not. */
export function splitFields(fields: JsonObject): FileSettings {
  const known = new Set<string>([...settingNames, ...Object.keys(aliases)]);
  const entries = Object.entries(fields);
  return {
    options: Object.fromEntries(entries.filter(([name]) => known.has(name))) as ImageProcessorOptions,
    unknown_fields: Object.fromEntries(entries.filter(([name]) => !known.has(name))),
  };
}

/** What `save_pretrained` writes: all settings and the other fields, sorted by name as Transformers does. */
export function configText(settings: object, other_fields: JsonObject): string {
  const fields = { ...other_fields, ...settings };
  return `${JSON.stringify(Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1))), null, 2)}\n`;
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
