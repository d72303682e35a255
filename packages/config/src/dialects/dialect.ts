import type { JsonObject, JsonValue } from "@internvl/core";
import type { InternVL2_5Config } from "../internvl2-5.js";
import type { SectionMap } from "./section.js";

/** `"seed"`: the port that this project mirrors; `"original"`: OpenGVLab's; `"transformers"`: the merged classes. */
export type DialectName = "seed" | "original" | "transformers";

/** The parts of a whole configuration, by our names. */
export type PartName = "vision_config" | "text_config";

/** One way in which `config.json` is written. */
export interface Dialect {
  readonly name: DialectName;
  readonly whole: SectionMap;
  readonly vision_config: SectionMap;
  /** By the language model's `model_type`. */
  readonly text_config: Readonly<Record<string, SectionMap>>;
  /** Fields at the top that follow from others: written, and checked where a file has them. */
  readonly derived?: Readonly<Record<string, (config: Readonly<InternVL2_5Config>) => JsonValue>>;
  /** Brings spellings that concern several sections into the usual one, before sections are read. */
  readonly prepare?: (json: JsonObject) => JsonObject;
}
