import { InternVLError } from "./errors.js";
import { nearestName } from "./nearest-name.js";

/** One thing that an Auto class can find, as data. */
export interface RegistryEntry {
  /** What files call it: values of `model_type`, names of classes such as `"Qwen2Tokenizer"`. */
  readonly names: readonly string[];
}

/**
 * What an Auto class chooses from: the entries of its own package, and before them those that other packages add.
 *
 * What is added is kept on globalThis, as the default runtime is: a program may hold two copies of a package (its own and
 * that of the library it imports), and a model that was added through one of them must be found through the other. The
 * built-in entries are each copy's own, so that every copy hands out instances of the classes that it exports.
 */
export class Registry<Entry extends RegistryEntry> {
  readonly #owner: string;
  readonly #built_in: readonly Entry[];
  readonly #slot: symbol;

  /** @param owner whose registry it is, `"AutoConfig"` for instance: copies with the same owner share what is added */
  constructor(owner: string, built_in: readonly Entry[]) {
    this.#owner = owner;
    this.#built_in = built_in;
    this.#slot = Symbol.for(`internvl.registry.${owner}`);
  }

  /** Adds an entry. It is found before all that are there, the built-in ones included. */
  register(entry: Entry): void {
    const { names } = entry;
    if (!Array.isArray(names) || names.length === 0 || names.some((name) => typeof name !== "string" || name === "")) {
      throw new InternVLError("INPUT_INVALID", {
        what: `An entry of ${this.#owner} has no names`,
        expected: 'names: ["my_model", …], the values that files hold',
        got: JSON.stringify(names),
      });
    }
    this.#added.unshift(entry);
  }

  /** All entries in the order in which they are asked. */
  get entries(): readonly Entry[] {
    return [...this.#added, ...this.#built_in];
  }

  /** The first entry with this name. */
  find(name: string | undefined): Entry | undefined {
    return name === undefined ? undefined : this.entries.find(({ names }) => names.includes(name));
  }

  /**
   * The error for a name that nothing is known under.
   *
   * @param what what was wrong: `"The model type of config.json is not known"`
   */
  unknown(what: string, name: string | undefined): InternVLError {
    const known = [...new Set(this.entries.flatMap(({ names }) => names))];
    const nearest = name === undefined ? undefined : nearestName(name, known);
    const add = `Another package adds one with ${this.#owner}.register({ names, … }).`;
    return new InternVLError("UNSUPPORTED", {
      what,
      expected: `one of ${known.join(", ")}`,
      got: name ?? "none",
      fix: nearest === undefined ? add : `Did you mean "${nearest}"? ${add}`,
    });
  }

  get #added(): Entry[] {
    const registries = globalThis as { [slot: symbol]: Entry[] | undefined };
    registries[this.#slot] ??= [];
    return registries[this.#slot]!;
  }
}
