import { InternVLError, type JsonObject, type JsonValue } from "@internvl/core";
import { show } from "../base/problems.js";
import type { Dialect, PartName } from "./dialect.js";
import { ORIGINAL } from "./original.js";
import { SEED } from "./seed.js";

export type DialectName = "seed" | "original";

/** All dialects. A new one is a file beside these and an entry here. */
const DIALECTS: Readonly<Record<DialectName, Dialect>> = { seed: SEED, original: ORIGINAL };

/** What other values of `model_type` stand for, so that the message can say it. */
const NOT_READ_YET: Readonly<Record<string, string>> = {
  internvl: "the dialect of the classes merged into Transformers",
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
  const known = typeof model_type === "string" ? NOT_READ_YET[model_type] : undefined;
  throw new InternVLError("UNSUPPORTED", {
    what: `The model type of ${origin} is not supported${known === undefined ? "" : `: it is ${known}`}`,
    expected: `model_type ${Object.values(DIALECTS)
      .map(({ name, whole }) => `${show(whole.model_type)} (${name})`)
      .join(" or ")}`,
    got: show(model_type),
    fix: "Pass a checkpoint of InternVL 2.5, or a folder that was converted from one.",
  });
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

/** The section of a part in `json`, where that is a whole model's file in any dialect; `json` itself otherwise. */
export function findPart(json: JsonObject, part: PartName): JsonObject {
  for (const { whole } of Object.values(DIALECTS)) {
    const section = json[nameOfPart(whole, part)];
    if (whole.model_type === json.model_type && isObject(section)) return section;
  }
  return json;
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function nameOfPart({ fields }: Dialect["whole"], part: PartName): string {
  return fields?.[part]?.name ?? part;
}
