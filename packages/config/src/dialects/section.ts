import { InternVLError, type JsonObject, type JsonValue } from "@internvl/core";
import { type Definition, defaultOf, fieldNames, type Given } from "../base/definition.js";
import { show } from "../base/problems.js";

/** How a field stands in a file: under another name, or in another form. */
interface FieldMap {
  readonly name?: string;
  readonly read?: (value: JsonValue) => JsonValue;
  readonly write?: (value: JsonValue) => JsonValue;
  /** Whether the file need not say this value, because reading finds it again. */
  // biome-ignore lint/suspicious/noExplicitAny: a map does not know which section's fields it is for
  readonly omit?: (value: unknown, values: any) => boolean;
}

/** One JSON object of a dialect's file as data: what it is called, and how its fields differ from ours. */
export interface SectionMap {
  readonly model_type: string;
  /** Other values of `model_type` that mean the same. */
  readonly aliases?: readonly string[];
  /** Written as `architectures`. */
  readonly architecture?: string;
  /** The fields that have another name or form in the file; the others stand there as they are. */
  readonly fields?: Readonly<Record<string, FieldMap>>;
  /** What a file means where it says nothing and our own default is another. By the file's names. */
  readonly assumed?: Readonly<JsonObject>;
  /** Our fields that files of this dialect do not usually have: written only where they differ from what is assumed. */
  readonly unusual?: readonly string[];
  /** The dialect's own fields that change nothing here: written with these values, and no extra fields while they have them. */
  readonly constants?: Readonly<JsonObject>;
  /** The dialect's own fields of which one value is known here: written with it, any other is refused. */
  readonly fixed?: Readonly<JsonObject>;
  /** Brings spellings that concern several fields at once into the usual one, before fields are read. */
  readonly prepare?: (json: JsonObject) => JsonObject;
}

/** Fields that say what a section is. The map writes them, so they are not kept. */
const IDENTITY: readonly string[] = ["model_type", "architectures"];

/**
 * The fields of a section under our names, and all that is left in `extra`.
 *
 * @throws InternVLError `UNSUPPORTED` when the section says that it is something else
 */
export function readSection<F>(definition: Definition<F>, map: SectionMap, json: JsonObject): Given<F> {
  assertModelType(definition.name, map, json.model_type);
  const extra: JsonObject = { ...map.assumed, ...(map.prepare?.(json) ?? json) };
  for (const name of IDENTITY) delete extra[name];
  for (const [name, value] of Object.entries(map.constants ?? {})) if (extra[name] === value) delete extra[name];
  for (const [name, value] of Object.entries(map.fixed ?? {})) takeFixed(definition.name, extra, name, value);
  const fields: Record<string, unknown> = {};
  for (const name of fieldNames(definition)) {
    const { name: there = name, read } = map.fields?.[name] ?? {};
    const value = extra[there];
    delete extra[there];
    if (value !== undefined) fields[name] = read ? read(value) : value;
  }
  return { ...fields, extra } as Given<F>;
}

/**
 * The JSON object of a section: what is not known first, so that a known field always wins.
 *
 * @param parts fields that are sections themselves and written already
 */
export function writeSection<F>(
  definition: Definition<F>,
  map: SectionMap,
  values: Readonly<F>,
  extra: Readonly<JsonObject>,
  parts: Readonly<Record<string, JsonObject>> = {},
): JsonObject {
  const json: JsonObject = { ...map.constants, ...map.fixed, ...structuredClone(extra), model_type: map.model_type };
  if (map.architecture !== undefined) json.architectures = [map.architecture];
  for (const name of fieldNames(definition)) {
    const value = values[name];
    const { name: there = name, write, omit } = map.fields?.[name] ?? {};
    if (map.unusual?.includes(name) && value === (map.assumed?.[there] ?? defaultOf(definition, name, values)))
      continue;
    if (omit?.(value, values)) continue;
    const plain = parts[name] ?? (structuredClone(value) as JsonValue);
    json[there] = write ? write(plain) : plain;
  }
  return json;
}

/** The path of one of our fields, as the file has it. */
export function pathInFile(map: SectionMap, [name, ...rest]: readonly string[]): string[] {
  return name === undefined ? [] : [map.fields?.[name]?.name ?? name, ...rest];
}

/** Takes a field out of `extra` whose only known value is `value`. */
function takeFixed(reader: string, extra: JsonObject, name: string, value: JsonValue): void {
  const given = extra[name];
  delete extra[name];
  if (given === undefined || given === value) return;
  throw new InternVLError("UNSUPPORTED", {
    what: `${reader} does not know this value of ${name}`,
    expected: show(value),
    got: show(given),
    fix: "No model of this family has another value: check where the file comes from.",
  });
}

function assertModelType(reader: string, map: SectionMap, model_type: JsonValue | undefined): void {
  const known: readonly unknown[] = [map.model_type, ...(map.aliases ?? [])];
  if (model_type === undefined || known.includes(model_type)) return;
  throw new InternVLError("UNSUPPORTED", {
    what: `${reader} cannot read a configuration of another kind`,
    expected: `model_type ${known.map(show).join(" or ")}`,
    got: show(model_type),
  });
}
