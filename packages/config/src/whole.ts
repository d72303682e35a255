import { InternVLError, type JsonObject } from "@internvl/core";
import { ConfigError, type ConfigProblem, show } from "./base/problems.js";
import type { Dialect, PartName } from "./dialects/dialect.js";
import { isObject } from "./dialects/json.js";
import { pathInFile, readSection, type SectionMap, writeSection } from "./dialects/section.js";
import type { InternVL2_5Config, InternVL2_5ConfigInput } from "./internvl2-5.js";
import { INTERNVL2_5_DEFINITION } from "./internvl2-5-definition.js";
import { findTextModel, type TextConfig, type TextModel, textModel } from "./text.js";
import { VISION_DEFINITION } from "./vision.js";

/** What a whole model's file says, as the constructor takes it, and the path that one of our fields has in that file. */
export interface WholeFile {
  readonly input: InternVL2_5ConfigInput;
  /** `["text_config", "num_attention_heads"]` -> `["llm_config", "num_attention_heads"]` */
  pathInFile(path: readonly string[]): string[];
  /** Fields of the file that follow from others, and do not. */
  contradictions(config: InternVL2_5Config): ConfigProblem[];
}

/** @throws ConfigError (a part is missing), InternVLError `UNSUPPORTED` (a part is of an unknown kind) */
export function readWhole(dialect: Dialect, file: JsonObject, origin: string): WholeFile {
  const json = dialect.prepare?.(file) ?? file;
  const vision = readPart(dialect, json, "vision_config", origin);
  const text = readPart(dialect, json, "text_config", origin);
  const model = readTextModel(dialect, text, `${nameOfPart(dialect, "text_config")} of ${origin}`);
  const sections: Partial<Record<string, SectionMap>> = {
    vision_config: dialect.vision_config,
    text_config: textSection(dialect, model.model_type),
  };
  return {
    input: {
      ...readSection(INTERNVL2_5_DEFINITION, dialect.whole, withoutDerived(dialect, json)),
      vision_config: readSection(VISION_DEFINITION, dialect.vision_config, vision),
      text_config: model.read(textSection(dialect, model.model_type), text),
    },
    pathInFile([first = "", ...rest]) {
      const section = sections[first];
      return [...pathInFile(dialect.whole, [first]), ...(section ? pathInFile(section, rest) : rest)];
    },
    contradictions: (config) =>
      Object.entries(dialect.derived ?? {}).flatMap(([name, derive]) => {
        const [expected, got] = [derive(config), json[name]];
        return got === undefined || got === expected
          ? []
          : [{ path: [name], expected: show(expected), got: show(got) }];
      }),
  };
}

/** The JSON of a whole model's file. */
export function writeWhole(
  dialect: Dialect,
  config: Readonly<InternVL2_5Config>,
  extra: Readonly<JsonObject>,
): JsonObject {
  const { vision_config, text_config } = config;
  const { model_type } = text_config;
  const parts: Record<PartName, JsonObject> = {
    vision_config: writeSection(VISION_DEFINITION, dialect.vision_config, vision_config, vision_config.extra),
    text_config: textModel(model_type).write(textSection(dialect, model_type), text_config),
  };
  const json = writeSection(INTERNVL2_5_DEFINITION, dialect.whole, config, extra, parts);
  for (const [name, derive] of Object.entries(dialect.derived ?? {})) json[name] = derive(config);
  return json;
}

/** Which language model a section is about, by the names that this dialect has for them. */
function readTextModel(dialect: Dialect, json: JsonObject, section: string): TextModel {
  const found = Object.entries(dialect.text_config).find(([, map]) => map.model_type === json.model_type);
  // Where the dialect's name is another one, the architecture is another one too.
  if (found !== undefined && found[0] !== json.model_type) return textModel(found[0] as TextConfig["model_type"]);
  return findTextModel(json, section);
}

function withoutDerived(dialect: Dialect, json: JsonObject): JsonObject {
  const names = Object.keys(dialect.derived ?? {});
  return Object.fromEntries(Object.entries(json).filter(([name]) => !names.includes(name)));
}

function nameOfPart(dialect: Dialect, part: PartName): string {
  return pathInFile(dialect.whole, [part]).join();
}

function readPart(dialect: Dialect, json: JsonObject, part: PartName, origin: string): JsonObject {
  const name = nameOfPart(dialect, part);
  const section = json[name];
  if (isObject(section)) return section;
  // Defaults would be the shape of another network: the file is broken.
  throw new ConfigError(origin, [{ path: [name], expected: "a JSON object", got: show(section) }]);
}

function textSection(dialect: Dialect, model_type: TextConfig["model_type"]): SectionMap {
  const section = dialect.text_config[model_type];
  if (section !== undefined) return section;
  throw new InternVLError("UNSUPPORTED", {
    what: `The dialect "${dialect.name}" has no form for this language model`,
    expected: Object.keys(dialect.text_config).map(show).join(" or "),
    got: show(model_type),
  });
}
