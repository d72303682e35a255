import {
  type JsonObject,
  type ModelFiles,
  openModel,
  type PretrainedOptions,
  Registry,
  type RegistryEntry,
} from "@internvl/core";
import { CONFIG_FILE, type FromDictOptions, readPretrained } from "./base/pretrained-config.js";
import { InternLM2Config } from "./internlm2.js";
import { InternVL2_5Config } from "./internvl2-5.js";
import { Qwen2Config } from "./qwen2.js";
import { InternVL2_5VisionConfig } from "./vision.js";

/** A configuration class, by the values of `model_type` that it reads. */
export interface ConfigEntry extends RegistryEntry {
  /** @param options `origin`: how messages name the file that the values come from */
  from_dict(json: JsonObject, options: FromDictOptions): object;
}

const registry: Registry<ConfigEntry> = new Registry("AutoConfig", [
  { names: ["internvl2_5", "internvl_chat", "internvl"], from_dict: InternVL2_5Config.from_dict },
  { names: ["intern_vit_6b"], from_dict: InternVL2_5VisionConfig.from_dict },
  { names: ["qwen2"], from_dict: Qwen2Config.from_dict },
  { names: ["internlm2"], from_dict: InternLM2Config.from_dict },
]);

/**
 * The configuration of any folder, by the `model_type` of its config.json.
 *
 * ```ts
 * const config = await AutoConfig.from_pretrained("OpenGVLab/InternVL2_5-1B"); // an InternVL2_5Config
 * ```
 */
export const AutoConfig: {
  /** @throws InternVLError `UNSUPPORTED` (an unknown model type), `FILE_NOT_FOUND`, and what the class throws */
  from_pretrained<Config extends object = InternVL2_5Config>(
    model: string | ModelFiles,
    options?: PretrainedOptions,
  ): Promise<Config>;
  /** Adds a class to those that are known. It goes before the ones that are there. */
  register(entry: ConfigEntry): void;
} = {
  async from_pretrained<Config extends object>(model: string | ModelFiles, options?: PretrainedOptions) {
    const files = await openModel(model, options);
    return readPretrained(files, CONFIG_FILE, options, (json, { origin }) => {
      const model_type = typeof json.model_type === "string" ? json.model_type : undefined;
      const entry = registry.find(model_type);
      if (entry === undefined) throw registry.unknown(`The model type of ${origin} is not known`, model_type);
      return entry.from_dict(json, { origin }) as Config;
    });
  },
  register: (entry) => registry.register(entry),
};
