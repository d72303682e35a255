import { InternVLError, type JsonObject } from "@internvl/core";
import { show } from "../base/problems.js";
import { otherModel } from "../other-models.js";
import type { Dialect, DialectName, PartName } from "./dialect.js";
import { isObject } from "./json.js";
import { ORIGINAL } from "./original.js";
import { pathInFile, type SectionMap } from "./section.js";
import { SEED } from "./seed.js";
import { TRANSFORMERS } from "./transformers.js";

export type { DialectName } from "./dialect.js";

/** All dialects. A new one is a file beside these and an entry here. */
const DIALECTS: Readonly<Record<DialectName, Dialect>> = {
  seed: SEED,
  original: ORIGINAL,
  transformers: TRANSFORMERS,
};

/**
 * The dialect of a whole model's `config.json`, by its `model_type`.
 *
 * @throws InternVLError `UNSUPPORTED`
 */
export function findDialect(json: JsonObject, origin = "the configuration"): Dialect {
  const { model_type } = json;
  const found = Object.values(DIALECTS).find(({ whole }) => whole.model_type === model_type);
  if (found !== undefined) return found;
  throw new InternVLError("UNSUPPORTED", {
    ...otherModel(json, origin),
    expected: `model_type ${Object.values(DIALECTS)
      .map(({ name, whole }) => `${show(whole.model_type)} (${name})`)
      .join(" or ")}`,
    got: show(model_type),
  });
}

/** The name of the dialect that a whole model's `config.json` is written in. @throws InternVLError `UNSUPPORTED` */
export function dialectOf(json: JsonObject, origin?: string): DialectName {
  return findDialect(json, origin).name;
}

/** The dialect with this name. @throws InternVLError `INPUT_INVALID` */
export function dialectNamed(name: DialectName): Dialect {
  if (Object.hasOwn(DIALECTS, name)) return DIALECTS[name];
  throw new InternVLError("INPUT_INVALID", {
    what: "There is no such dialect",
    expected: Object.keys(DIALECTS).map(show).join(" or "),
    got: show(name),
  });
}

/** How a dialect's config.json spells one of our fields: `text_config.vocab_size` is `llm_config.vocab_size` in the original. */
export function fieldInFile(dialect: DialectName, [first = "", ...rest]: readonly string[], language: string): string {
  const { whole, vision_config, text_config } = dialectNamed(dialect);
  const section =
    first === "vision_config" ? vision_config : first === "text_config" ? text_config[language] : undefined;
  return [...pathInFile(whole, [first]), ...(section === undefined ? rest : pathInFile(section, rest))].join(".");
}

/** One section of a file, and how it is to be read. */
export interface Section {
  readonly json: JsonObject;
  readonly map: SectionMap;
}

/**
 * The section of a part in `json`, where that is a whole model's file in any dialect; `json` itself otherwise.
 *
 * @param own how a part's own file is read
 * @param language for `text_config`: our name of the language model
 */
export function findPart(json: JsonObject, part: PartName, own: SectionMap, language = ""): Section {
  for (const dialect of Object.values(DIALECTS)) {
    if (dialect.whole.model_type !== json.model_type) continue;
    const section = (dialect.prepare?.(json) ?? json)[nameOfPart(dialect.whole, part)];
    const map = part === "vision_config" ? dialect.vision_config : dialect.text_config[language];
    if (isObject(section)) return { json: section, map: map ?? own };
  }
  return { json, map: own };
}

function nameOfPart({ fields }: SectionMap, part: PartName): string {
  return fields?.[part]?.name ?? part;
}
