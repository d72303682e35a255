import {
  InternVLError,
  type ModelFiles,
  openModel,
  type PretrainedOptions,
  Registry,
  type RegistryEntry,
} from "@internvl/core";
import { readTokenizerConfig } from "./folder.js";
import { InternLM2Tokenizer } from "./internlm2-tokenizer.js";
import { PreTrainedTokenizerFast } from "./pretrained-tokenizer-fast.js";
import { Qwen2Tokenizer } from "./qwen2-tokenizer.js";
import type { Tokenizer } from "./types.js";

/** A class of tokenizers, and how its folders are known. */
export interface TokenizerEntry extends RegistryEntry {
  /** The names of `tokenizer_class` in tokenizer_config.json; `Fast` at their end does not matter. */
  readonly names: readonly string[];
  /** The files that tell the class where no name does: all of them are there. */
  readonly files: readonly string[];
  from_pretrained(model: ModelFiles, options: PretrainedOptions): Promise<Tokenizer>;
}

// Where files decide, the first that fits is taken: tokenizer.json says least about where it comes from.
const registry: Registry<TokenizerEntry> = new Registry("AutoTokenizer", [
  {
    names: ["InternLM2Tokenizer"],
    files: ["tokenizer.model"],
    from_pretrained: (model, options) => InternLM2Tokenizer.from_pretrained(model, options),
  },
  {
    names: ["Qwen2Tokenizer"],
    files: ["vocab.json", "merges.txt"],
    from_pretrained: (model, options) => Qwen2Tokenizer.from_pretrained(model, options),
  },
  {
    // Transformers 5 writes the second name where 4 wrote the first.
    names: ["PreTrainedTokenizer", "TokenizersBackend"],
    files: ["tokenizer.json"],
    from_pretrained: (model, options) => PreTrainedTokenizerFast.from_pretrained(model, options),
  },
]);

/** The tokenizer of any folder: the class that tokenizer_config.json names, else the one whose files are there. */
export const AutoTokenizer: {
  /**
   * A `tokenizer_class` that is not known is no obstacle where there is a tokenizer.json, which says all.
   *
   * @throws InternVLError `UNSUPPORTED`, `TOKENIZER_INVALID`, and what the class throws
   */
  from_pretrained(model: string | ModelFiles, options?: PretrainedOptions): Promise<Tokenizer>;
  /** Adds a class to those that are known. It goes before the ones that are there. */
  register(entry: TokenizerEntry): void;
} = {
  async from_pretrained(model, options = {}) {
    const files = await openModel(model, options);
    const { config } = await readTokenizerConfig(files, options);
    const named = config["tokenizer_class"];
    const entry = typeof named === "string" && named !== "" ? await findByName(named, files) : await findByFiles(files);
    return entry.from_pretrained(files, options);
  },
  register: (entry) => registry.register(entry),
};

async function findByName(named: string, files: ModelFiles): Promise<TokenizerEntry> {
  const found = registry.find(named.replace(/Fast$/, ""));
  if (found !== undefined) return found;
  if (await files.has("tokenizer.json")) return findByName("PreTrainedTokenizer", files);
  throw registry.unknown(`The tokenizer_class of ${files.name} is not known, and there is no tokenizer.json`, named);
}

async function findByFiles(files: ModelFiles): Promise<TokenizerEntry> {
  const listed = new Set(await files.list());
  const found = registry.entries.find((entry) => entry.files.every((path) => listed.has(path)));
  if (found !== undefined) return found;
  throw new InternVLError("TOKENIZER_INVALID", {
    what: `${files.name} has no complete tokenizer`,
    expected: registry.entries.map((entry) => entry.files.join(" + ")).join(", or "),
    got: [...listed].filter((path) => /token|vocab|merges/.test(path)).join(", ") || "no file of a tokenizer",
    fix: "Copy the tokenizer's files into the folder.",
  });
}
