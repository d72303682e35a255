import { type ModelFiles, openModel, Registry, type RegistryEntry, readModelType } from "@internvl/core";
import { InternVL2_5ForConditionalGeneration, type ModelOptions } from "../model.js";
import type { ImageTextToTextModel } from "./interfaces.js";

/** A model class, by the values of `model_type` in config.json that it loads. */
export interface ModelEntry extends RegistryEntry {
  /** @param model as it was passed: a worker opens a name by itself and cannot be handed open files */
  from_pretrained(model: string | ModelFiles, options: ModelOptions): Promise<ImageTextToTextModel>;
}

const registry: Registry<ModelEntry> = new Registry("AutoModelForImageTextToText", [
  {
    names: ["internvl2_5", "internvl_chat", "internvl"],
    from_pretrained: (model, options) => InternVL2_5ForConditionalGeneration.from_pretrained(model, options),
  },
]);

/**
 * The model of any folder, by the `model_type` of its config.json.
 *
 * ```ts
 * const model = await AutoModelForImageTextToText.from_pretrained("./InternVL2_5-1B-ONNX");
 * ```
 */
export const AutoModelForImageTextToText: {
  /** @throws InternVLError `UNSUPPORTED` (an unknown model type), `FILE_INVALID`, and what the class throws */
  from_pretrained<Model extends ImageTextToTextModel = InternVL2_5ForConditionalGeneration>(
    model: string | ModelFiles,
    options?: ModelOptions,
  ): Promise<Model>;
  /** Adds a class to those that are known. It goes before the ones that are there. */
  register(entry: ModelEntry): void;
} = {
  async from_pretrained<Model extends ImageTextToTextModel>(model: string | ModelFiles, options: ModelOptions = {}) {
    const files = await openModel(model, options);
    const model_type = await readModelType(files, options);
    const entry = registry.find(model_type);
    if (entry !== undefined) return (await entry.from_pretrained(model, options)) as Model;
    throw registry.unknown(`The model type of config.json in ${files.name} is not known`, model_type);
  },
  register: (entry) => registry.register(entry),
};
