import {
  InternVLError,
  type JsonObject,
  type ModelFiles,
  openModel,
  type PretrainedOptions,
  readJsonObject,
  readText,
} from "@internvl/core";
import { readAddedTokens, readNamedTokens } from "./added-tokens.js";
import { readOptionalJson, readTokenizerConfig } from "./folder.js";
import { PreTrainedTokenizer } from "./pretrained-tokenizer.js";
import { buildQwen2TokenizerJson } from "./qwen2-tokenizer-json.js";

/** The byte-level BPE tokenizer of the Qwen2 family: InternVL2_5-1B, -4B, -38B and -78B. */
export class Qwen2Tokenizer extends PreTrainedTokenizer {
  protected readonly tokenizer_class: string = "Qwen2Tokenizer";

  /**
   * Reads tokenizer.json or, where there is none, vocab.json + merges.txt + added_tokens.json, and beside either of them
   * tokenizer_config.json and special_tokens_map.json where they exist.
   *
   * @throws InternVLError `FILE_NOT_FOUND`, `FILE_INVALID`, `TOKENIZER_INVALID`, `UNSUPPORTED`
   */
  static async from_pretrained(model: string | ModelFiles, options: PretrainedOptions = {}): Promise<Qwen2Tokenizer> {
    const files = await openModel(model, options);
    const { config, special_tokens_map } = await readTokenizerConfig(files, options);
    const fast = await files.has("tokenizer.json");
    const tokenizer = fast
      ? await readJsonObject(files, "tokenizer.json", options)
      : await readSlowTokenizer(files, config, special_tokens_map, options);
    const name = `${fast ? "tokenizer.json" : "vocab.json with merges.txt"} in ${files.name}`;
    return new Qwen2Tokenizer({ tokenizer, config, special_tokens_map, name });
  }
}

async function readSlowTokenizer(
  files: ModelFiles,
  config: JsonObject,
  special_tokens_map: JsonObject,
  options: PretrainedOptions,
): Promise<JsonObject> {
  const missing: string[] = [];
  for (const path of ["vocab.json", "merges.txt"]) if (!(await files.has(path))) missing.push(path);
  if (missing.length > 0) {
    if (await files.has("tokenizer.model")) {
      throw new InternVLError("UNSUPPORTED", {
        what: `${files.name} has a SentencePiece tokenizer (tokenizer.model), which is not one of Qwen2`,
        expected: "tokenizer.json, or vocab.json and merges.txt",
        fix: "Open the folder with AutoTokenizer, which finds the class that fits.",
      });
    }
    throw new InternVLError("TOKENIZER_INVALID", {
      what: `${files.name} has no complete tokenizer`,
      expected: "tokenizer.json, or vocab.json and merges.txt",
      got: `no tokenizer.json and no ${missing.join(", no ")}`,
      fix: "Copy the tokenizer's files into the folder.",
    });
  }
  const named = readNamedTokens(config, special_tokens_map);
  return buildQwen2TokenizerJson({
    vocab: await readJsonObject(files, "vocab.json", options),
    merges: await readText(files, "merges.txt", options),
    added_tokens: readAddedTokens(config, await readOptionalJson(files, "added_tokens.json", options), named),
  });
}
