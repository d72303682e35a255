import type { SectionMap } from "./section.js";

/** The parts of a whole configuration, by our names. */
export type PartName = "vision_config" | "text_config";

/** One way in which `config.json` is written. */
export interface Dialect {
  readonly name: string;
  readonly whole: SectionMap;
  readonly vision_config: SectionMap;
  /** By the language model's `model_type`. */
  readonly text_config: Readonly<Record<string, SectionMap>>;
}
