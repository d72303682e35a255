import { InternVLError, type ModelFiles, openModel, type PretrainedOptions } from "@internvl/core";
import { readTokenizerConfig } from "./folder.js";
import { InternLM2Tokenizer } from "./internlm2-tokenizer.js";
import { PreTrainedTokenizerFast } from "./pretrained-tokenizer-fast.js";
import { Qwen2Tokenizer } from "./qwen2-tokenizer.js";
import type { Tokenizer } from "./types.js";

/** A class of tokenizers, and how its folders are known. */
export interface TokenizerEntry {
  /** The names of `tokenizer_class` in tokenizer_config.json; `Fast` at their end does not matter. */
  names: readonly string[];
  /** The files that tell the class where no name does: all of them are there. */
  files: readonly string[];
  from_pretrained(model: ModelFiles, options: PretrainedOptions): Promise<Tokenizer>;
}

// Where files decide, the first that fits is taken: tokenizer.json says least about where it comes from.
const registry: TokenizerEntry[] = [
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
];

/** Adds a class of tokenizers to those that `AutoTokenizer` knows. It goes before the ones that are there. */
export function registerTokenizer(entry: TokenizerEntry): void {
  registry.unshift(entry);
}

/** The tokenizer of any folder: the class that tokenizer_config.json names, else the one whose files are there. */
export const AutoTokenizer: {
  from_pretrained(model: string | ModelFiles, options?: PretrainedOptions): Promise<Tokenizer>;
} = {
  /**
   * A `tokenizer_class` that is not known is no obstacle where there is a tokenizer.json, which says all.
   *
   * @throws InternVLError `UNSUPPORTED`, `TOKENIZER_INVALID`, and what the class throws
   */
  async from_pretrained(model, options = {}) {
    const files = await openModel(model, options);
    const { config } = await readTokenizerConfig(files, options);
    const named = config["tokenizer_class"];
    const entry = typeof named === "string" && named !== "" ? await findByName(named, files) : await findByFiles(files);
    return entry.from_pretrained(files, options);
  },
};

async function findByName(named: string, files: ModelFiles): Promise<TokenizerEntry> {
  const found = registry.find(({ names }) => names.includes(named.replace(/Fast$/, "")));
  if (found !== undefined) return found;
  if (await files.has("tokenizer.json")) return findByName("PreTrainedTokenizer", files);
  throw new InternVLError("UNSUPPORTED", {
    what: `${files.name} has a kind of tokenizer that is not known here`,
    expected: `tokenizer.json, or a tokenizer_class that is ${registry.flatMap(({ names }) => names).join(", ")}`,
    got: named,
    fix: "Save the tokenizer as tokenizer.json with the library that it comes from.",
  });
}

async function findByFiles(files: ModelFiles): Promise<TokenizerEntry> {
  const listed = new Set(await files.list());
  const found = registry.find((entry) => entry.files.every((path) => listed.has(path)));
  if (found !== undefined) return found;
  throw new InternVLError("TOKENIZER_INVALID", {
    what: `${files.name} has no complete tokenizer`,
    expected: registry.map((entry) => entry.files.join(" + ")).join(", or "),
    got: [...listed].filter((path) => /token|vocab|merges/.test(path)).join(", ") || "no file of a tokenizer",
    fix: "Copy the tokenizer's files into the folder.",
  });
}
