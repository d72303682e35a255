import {
  type FileSink,
  type JsonObject,
  type ModelFiles,
  openModel,
  openSink,
  type PretrainedOptions,
  type Runtime,
  readJsonObject,
  writeFile,
} from "@internvl/core";
import { type Definition, type Given, resolveFields, underive } from "./definition.js";
import { ConfigError, type ConfigProblem } from "./problems.js";

/** What every `save_pretrained` takes. */
export interface SaveOptions {
  /** The platform that opens a directory. Default: the one set with `setDefaultRuntime`. */
  runtime?: Runtime;
}

/** What every `from_dict` takes. */
export interface FromDictOptions {
  /** How messages name the place that the values come from. Default: the class. */
  origin?: string;
}

/**
 * Base of all configurations: checked, frozen values under Transformers' names, and whatever else a file held in `extra`.
 *
 * A subclass says what its fields are in a `Definition` and how they stand in a file in `to_dict`.
 */
export abstract class PretrainedConfig<F extends object> {
  /** The file's fields that this class does not know. They are written again as they were read. */
  readonly extra: Readonly<JsonObject>;
  readonly #definition: Definition<F>;

  /** @throws ConfigError with every field that is not valid */
  constructor(definition: Definition<F>, given: Given<F>, known: readonly ConfigProblem[] = []) {
    const { values, problems } = resolveFields(definition, given, known);
    if (problems.length > 0) throw new ConfigError(definition.name, problems);
    this.#definition = definition;
    for (const [name, value] of Object.entries(values)) {
      Object.defineProperty(this, name, { value: frozenCopy(value), enumerable: true });
    }
    this.extra = frozenCopy(given.extra ?? {});
    Object.freeze(this);
  }

  /**
   * A copy with some fields changed, checked anew. Fields that follow others (`head_dim`, the `hidden_size` of the whole)
   * follow the change unless they had a value of their own.
   */
  with(changes: Given<F>): this {
    const Class = this.constructor as new (given: Given<F>) => this;
    return new Class({ ...underive(this.#definition, this.fields()), extra: this.extra as JsonObject, ...changes });
  }

  /** The values as a JSON object of the class's own form. */
  abstract to_dict(): JsonObject;

  /**
   * Writes the file of this configuration into a directory or a sink.
   *
   * @throws InternVLError `FILE_WRITE_FAILED`, `UNSUPPORTED` (the runtime cannot write)
   */
  save_pretrained(target: string | FileSink, options: SaveOptions = {}): Promise<void> {
    return savePretrained(target, CONFIG_FILE, this.to_dict(), options);
  }

  /** What `JSON.stringify` writes. */
  toJSON(): JsonObject {
    return this.to_dict();
  }

  /** All fields, without `extra`. */
  protected fields(): F {
    const names = Object.keys(this.#definition.fields) as (keyof F & string)[];
    return Object.fromEntries(names.map((name) => [name, (this as unknown as F)[name]])) as F;
  }
}

/** `PretrainedConfig<F>` as a class to extend whose instances have the fields of `F`. */
export type ConfigBase<F extends object> = abstract new (
  definition: Definition<F>,
  given: Given<F>,
  known?: readonly ConfigProblem[],
) => PretrainedConfig<F> & Readonly<F>;

/** The typed base for a configuration with the fields `F`; TypeScript cannot see that the constructor defines them. */
export function configBase<F extends object>(): ConfigBase<F> {
  return PretrainedConfig as unknown as ConfigBase<F>;
}

/** The file of every configuration but the generation's. */
export const CONFIG_FILE = "config.json";

/** Writes one JSON file of a model, whole or not at all. */
export async function savePretrained(
  target: string | FileSink,
  file: string,
  json: JsonObject,
  options: SaveOptions,
): Promise<void> {
  await writeFile(await openSink(target, options), file, `${JSON.stringify(json, null, 2)}\n`);
}

/** Opens a model, reads one of its JSON files, and names that file in what goes wrong. */
export async function readPretrained<T>(
  model: string | ModelFiles,
  file: string,
  options: PretrainedOptions | undefined,
  from_dict: (json: JsonObject, options: FromDictOptions) => T,
): Promise<T> {
  const files = await openModel(model, options);
  return from_dict(await readJsonObject(files, file, options), { origin: `${file} in ${files.name}` });
}

/** Runs `build`, and says in its errors that the values come from `origin`, with the names that they have there. */
export function fromFile<T>(
  origin: string | undefined,
  rename: (path: readonly string[]) => readonly string[],
  build: () => T,
): T {
  try {
    return build();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const problems = error.problems.map((problem) => ({ ...problem, path: rename(problem.path) }));
    const fix = origin === undefined ? undefined : "Mend the file or download it again.";
    throw new ConfigError(origin ?? error.origin, problems, fix);
  }
}

function frozenCopy<T>(value: T): T {
  if (typeof value !== "object" || value === null || value instanceof PretrainedConfig) return value;
  const copy = Array.isArray(value)
    ? value.map(frozenCopy)
    : Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, frozenCopy(entry)]));
  return Object.freeze(copy) as T;
}
