import type { FileSink, JsonObject, ModelFiles, PretrainedOptions } from "@internvl/core";
import type { Given } from "./base/definition.js";
import {
  CONFIG_FILE,
  type ConfigBase,
  configBase,
  type FromDictOptions,
  fromFile,
  PretrainedConfig,
  readPretrained,
  type SaveOptions,
  savePretrained,
} from "./base/pretrained-config.js";
import { ConfigError, type ConfigProblem, collect } from "./base/problems.js";
import { type DialectName, dialectNamed, findDialect } from "./dialects/index.js";
import { effectiveImageSize, INTERNVL2_5_DEFINITION, type InternVL2_5ConfigFields } from "./internvl2-5-definition.js";
import { createTextConfig, type TextConfigFields } from "./text.js";
import { InternVL2_5VisionConfig, type InternVL2_5VisionConfigFields } from "./vision.js";
import { readWhole, writeWhole } from "./whole.js";

/** What the constructor takes: the two parts may be plain fields. */
export type InternVL2_5ConfigInput = Omit<Given<InternVL2_5ConfigFields>, "vision_config" | "text_config"> & {
  vision_config?: InternVL2_5VisionConfig | Given<InternVL2_5VisionConfigFields>;
  text_config?: InternVL2_5ConfigFields["text_config"] | TextConfigFields;
};

/** How `to_dict` and `save_pretrained` write. */
export interface DialectOptions {
  /** `"seed"` (the default), `"original"` (OpenGVLab's files) or `"transformers"` (the merged classes'). */
  dialect?: DialectName;
}

const Base: ConfigBase<InternVL2_5ConfigFields> = configBase();

/**
 * Configuration of a whole model. Every dialect on disk becomes this object, which remembers nothing of its origin but
 * the fields that it does not know (`extra`, here and in both parts).
 *
 * ```ts
 * const config = await InternVL2_5Config.from_pretrained("OpenGVLab/InternVL2_5-1B");
 * config.text_config.num_hidden_layers; // 24
 * config.with({ image_token_id: 92546 });
 * ```
 */
export class InternVL2_5Config extends Base {
  /** @throws ConfigError with every field that is not valid, those of the parts included */
  constructor(input: InternVL2_5ConfigInput = {}) {
    const problems: ConfigProblem[] = [];
    const { vision_config: vision = {}, text_config: text = {}, ...own } = input;
    const vision_config = collect("vision_config", problems, () =>
      vision instanceof InternVL2_5VisionConfig ? vision : new InternVL2_5VisionConfig(vision),
    );
    const text_config = collect("text_config", problems, () =>
      text instanceof PretrainedConfig ? text : createTextConfig(text),
    );
    super(INTERNVL2_5_DEFINITION, { ...own, vision_config, text_config }, problems);
  }

  get model_type(): "internvl2_5" {
    return "internvl2_5";
  }

  /** Pixels a side of one tile: `force_image_size`, or else the vision tower's `image_size`. */
  get image_size(): number {
    return effectiveImageSize(this);
  }

  /** Image tokens of one tile: `(image_size / patch_size)^2 * downsample_ratio^2`. */
  get num_image_token(): number {
    return ((this.image_size / this.vision_config.patch_size) * this.downsample_ratio) ** 2;
  }

  /**
   * Reads the JSON of a `config.json` in any dialect.
   *
   * @throws ConfigError with the names that the file has; InternVLError `UNSUPPORTED` (an unknown dialect, language model
   *   or vision tower)
   */
  static from_dict(json: JsonObject, options: FromDictOptions = {}): InternVL2_5Config {
    const { origin = "InternVL2_5Config" } = options;
    const { input, pathInFile, contradictions } = readWhole(findDialect(json, origin), json, origin);
    const config = fromFile(options.origin, pathInFile, () => new InternVL2_5Config(input));
    const problems = contradictions(config);
    if (problems.length > 0) throw new ConfigError(origin, problems, "Mend the file or download it again.");
    return config;
  }

  /**
   * Reads `config.json` of a directory, a hub id or open files.
   *
   * @throws as `from_dict`, and InternVLError `FILE_NOT_FOUND`, `FILE_INVALID`
   */
  static from_pretrained(model: string | ModelFiles, options?: PretrainedOptions): Promise<InternVL2_5Config> {
    return readPretrained(model, CONFIG_FILE, options, InternVL2_5Config.from_dict);
  }

  /** The JSON of a `config.json`, in the seed's dialect unless another is asked for. */
  override to_dict({ dialect = "seed" }: DialectOptions = {}): JsonObject {
    return writeWhole(dialectNamed(dialect), this, this.extra);
  }

  /** Writes `config.json` into a directory or a sink. @throws InternVLError `FILE_WRITE_FAILED`, `UNSUPPORTED` */
  override save_pretrained(target: string | FileSink, options: SaveOptions & DialectOptions = {}): Promise<void> {
    return savePretrained(target, CONFIG_FILE, this.to_dict(options), options);
  }
}
