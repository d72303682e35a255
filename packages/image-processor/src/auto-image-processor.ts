import {
  type JsonObject,
  type ModelFiles,
  openModel,
  type PretrainedOptions,
  Registry,
  type RegistryEntry,
  readJsonObject,
  readModelType,
} from "@internvl/core";
import { CONFIG_NAME } from "./config-file.js";
import { InternVL2_5ImageProcessor } from "./image-processor.js";
import type { ImageProcessorOptions } from "./options.js";

/** A class of image processors, by the values of `image_processor_type` and of config.json's `model_type`. */
export interface ImageProcessorEntry extends RegistryEntry {
  from_pretrained(model: ModelFiles, options: PretrainedOptions & ImageProcessorOptions): Promise<object>;
}

const registry: Registry<ImageProcessorEntry> = new Registry("AutoImageProcessor", [
  {
    names: [
      "InternVL2_5ImageProcessor",
      "GotOcr2ImageProcessor",
      "GotOcr2ImageProcessorFast",
      "internvl2_5",
      "internvl_chat",
      "internvl",
    ],
    from_pretrained: (model, options) => InternVL2_5ImageProcessor.from_pretrained(model, options),
  },
]);

/**
 * The image processor of any folder: the class that preprocessor_config.json names, else the one of the `model_type` in
 * config.json. OpenGVLab's folders name CLIP's class in the former and mean their own, which is not known by that name.
 */
export const AutoImageProcessor: {
  /** @throws InternVLError `UNSUPPORTED` (neither is known), `FILE_INVALID`, and what the class throws */
  from_pretrained<Processor extends object = InternVL2_5ImageProcessor>(
    model: string | ModelFiles,
    options?: PretrainedOptions & ImageProcessorOptions,
  ): Promise<Processor>;
  /** Adds a class to those that are known. It goes before the ones that are there. */
  register(entry: ImageProcessorEntry): void;
} = {
  async from_pretrained<Processor extends object>(
    model: string | ModelFiles,
    options: PretrainedOptions & ImageProcessorOptions = {},
  ) {
    const files = await openModel(model, options);
    const named = await readType(files, options);
    const model_type = await readModelType(files, options);
    const entry = registry.find(named) ?? registry.find(model_type);
    if (entry !== undefined) return entry.from_pretrained(files, options) as Promise<Processor>;
    throw registry.unknown(`The image processor of ${files.name} is not known`, named ?? model_type);
  },
  register: (entry) => registry.register(entry),
};

/** `image_processor_type` in preprocessor_config.json, or in the part of processor_config.json that stands for it. */
async function readType(files: ModelFiles, options: PretrainedOptions): Promise<string | undefined> {
  const read = async (path: string): Promise<JsonObject> =>
    (await files.has(path)) ? readJsonObject(files, path, options) : {};
  const { image_processor } = await read("processor_config.json");
  const own = { ...(image_processor as JsonObject | undefined), ...(await read(CONFIG_NAME)) };
  return typeof own["image_processor_type"] === "string" ? own["image_processor_type"] : undefined;
}
