import type { FileSink, JsonObject, JsonValue, ModelFiles, PretrainedOptions } from "@internvl/core";
import type { Given } from "./base/definition.js";
import {
  type ConfigBase,
  configBase,
  type FromDictOptions,
  fromFile,
  readPretrained,
  type SaveOptions,
  savePretrained,
} from "./base/pretrained-config.js";
import { GENERATION_DEFINITION, type GenerationConfigFields } from "./generation-definition.js";
import type { InternVL2_5Config } from "./internvl2-5.js";

export const GENERATION_CONFIG_FILE = "generation_config.json";

const Base: ConfigBase<GenerationConfigFields> = configBase();

/** How `generate` chooses tokens and when it stops, with Transformers' names and defaults. */
export class GenerationConfig extends Base {
  /** @throws ConfigError */
  constructor(fields: Given<GenerationConfigFields> = {}) {
    super(GENERATION_DEFINITION, fields);
  }

  /** Reads the JSON of a `generation_config.json`. @throws ConfigError */
  static from_dict(json: JsonObject, options: FromDictOptions = {}): GenerationConfig {
    const extra: JsonObject = {};
    const fields: JsonObject = {};
    for (const [name, value] of Object.entries(json)) {
      (Object.hasOwn(GENERATION_DEFINITION.fields, name) ? fields : extra)[name] = value;
    }
    return fromFile(
      options.origin,
      (path) => path,
      () => new GenerationConfig({ ...fields, extra }),
    );
  }

  /** The token ids that a model's own configuration names, for a folder without `generation_config.json`. */
  static from_model_config({ text_config }: InternVL2_5Config): GenerationConfig {
    const { bos_token_id, eos_token_id, pad_token_id } = text_config;
    return new GenerationConfig({ bos_token_id, eos_token_id, pad_token_id, extra: { _from_model_config: true } });
  }

  /**
   * Reads `generation_config.json` of a directory, a hub id or open files.
   *
   * @throws ConfigError, InternVLError `FILE_NOT_FOUND` (see `from_model_config`), `FILE_INVALID`
   */
  static from_pretrained(model: string | ModelFiles, options?: PretrainedOptions): Promise<GenerationConfig> {
    return readPretrained(model, GENERATION_CONFIG_FILE, options, GenerationConfig.from_dict);
  }

  override to_dict(): JsonObject {
    return { ...structuredClone(this.extra), ...(structuredClone(this.fields()) as unknown as JsonObject) };
  }

  /** The fields that differ from their default, and all that are not known here: what a file holds. */
  to_diff_dict(): JsonObject {
    const defaults: Record<string, JsonValue> = new GenerationConfig().to_dict();
    const differs = ([name, value]: [string, JsonValue]) => JSON.stringify(value) !== JSON.stringify(defaults[name]);
    return Object.fromEntries(Object.entries(this.to_dict()).filter(differs));
  }

  /** Writes `generation_config.json`, without what is at its default, as Transformers does. */
  override save_pretrained(target: string | FileSink, options: SaveOptions = {}): Promise<void> {
    return savePretrained(target, GENERATION_CONFIG_FILE, this.to_diff_dict(), options);
  }
}
