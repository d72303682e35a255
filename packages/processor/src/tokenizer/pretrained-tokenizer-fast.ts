import { type ModelFiles, openModel, type PretrainedOptions, readJsonObject } from "@internvl/core";
import { readTokenizerConfig } from "./folder.js";
import { PreTrainedTokenizer } from "./pretrained-tokenizer.js";

/** Whatever a tokenizer.json describes, with nothing of its own. */
export class PreTrainedTokenizerFast extends PreTrainedTokenizer {
  protected readonly tokenizer_class: string = "PreTrainedTokenizerFast";

  /**
   * Reads tokenizer.json, and tokenizer_config.json and special_tokens_map.json where they exist.
   *
   * @throws InternVLError `FILE_NOT_FOUND`, `FILE_INVALID`, `TOKENIZER_INVALID`, `UNSUPPORTED`
   */
  static async from_pretrained(
    model: string | ModelFiles,
    options: PretrainedOptions = {},
  ): Promise<PreTrainedTokenizerFast> {
    const files = await openModel(model, options);
    const tokenizer = await readJsonObject(files, "tokenizer.json", options);
    const name = `tokenizer.json in ${files.name}`;
    return new PreTrainedTokenizerFast({ ...(await readTokenizerConfig(files, options)), tokenizer, name });
  }
}
