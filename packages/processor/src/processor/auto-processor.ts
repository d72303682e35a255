import { type ModelFiles, openModel, Registry, type RegistryEntry, readField, readModelType } from "@internvl/core";
import type { ProcessorPretrainedOptions } from "./options.js";
import { InternVL2_5Processor } from "./processor.js";

/** A class of processors, by the values of `processor_class` and of config.json's `model_type`. */
export interface ProcessorEntry extends RegistryEntry {
  from_pretrained(model: ModelFiles, options: ProcessorPretrainedOptions): Promise<object>;
}

const registry: Registry<ProcessorEntry> = new Registry("AutoProcessor", [
  {
    names: ["InternVL2_5Processor", "InternVLProcessor", "internvl2_5", "internvl_chat", "internvl"],
    from_pretrained: (model, options) => InternVL2_5Processor.from_pretrained(model, options),
  },
]);

/** The files that may name the class, in the order in which Transformers asks them. */
const NAMING_FILES: readonly string[] = ["processor_config.json", "preprocessor_config.json", "tokenizer_config.json"];

/**
 * The processor of any folder: the class that its files name (`processor_class`), else the one of the `model_type` in
 * config.json.
 *
 * ```ts
 * const processor = await AutoProcessor.from_pretrained("OpenGVLab/InternVL2_5-1B"); // an InternVL2_5Processor
 * ```
 */
export const AutoProcessor: {
  /** @throws InternVLError `UNSUPPORTED` (neither is known), `FILE_INVALID`, and what the class throws */
  from_pretrained<Processor extends object = InternVL2_5Processor>(
    model: string | ModelFiles,
    options?: ProcessorPretrainedOptions,
  ): Promise<Processor>;
  /** Adds a class to those that are known. It goes before the ones that are there. */
  register(entry: ProcessorEntry): void;
} = {
  async from_pretrained<Processor extends object>(
    model: string | ModelFiles,
    options: ProcessorPretrainedOptions = {},
  ) {
    const files = await openModel(model, options);
    const named = await readProcessorClass(files, options);
    const model_type = await readModelType(files, options);
    const entry = registry.find(named) ?? registry.find(model_type);
    if (entry !== undefined) return entry.from_pretrained(files, options) as Promise<Processor>;
    throw registry.unknown(`The processor of ${files.name} is not known`, named ?? model_type);
  },
  register: (entry) => registry.register(entry),
};

async function readProcessorClass(files: ModelFiles, options: ProcessorPretrainedOptions): Promise<string | undefined> {
  for (const path of NAMING_FILES) {
    const named = await readField(files, path, "processor_class", options);
    if (named !== undefined) return named;
  }
  return undefined;
}
