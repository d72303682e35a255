import {
  InternVLError,
  type JsonObject,
  type ModelFiles,
  openModel,
  type PretrainedOptions,
  readJsonObject,
} from "@internvl/core";
import { readAddedTokens, readNamedTokens } from "./added-tokens.js";
import { cleanUpTokenization } from "./clean-up.js";
import { readOptionalJson, readTokenizerConfig } from "./folder.js";
import { PreTrainedTokenizer, type TokenizerFiles } from "./pretrained-tokenizer.js";
import { SPACE } from "./space.js";
import type { DecodeOptions } from "./types.js";
import { decodeBytes } from "./utf8.js";

/** What `tokenization_internlm2.py` takes where a folder does not say it. */
const DEFAULT_ROLES: JsonObject = { bos_token: "<s>", eos_token: "</s>", pad_token: "</s>", unk_token: "<unk>" };

/** How the vocabulary spells the bytes of characters that it does not have. */
const BYTE = /^<0x([0-9A-F]{2})>$/;

/**
 * The SentencePiece tokenizer of the InternLM2 family: InternVL2_5-2B, -8B and -26B.
 *
 * Encodes and decodes as `tokenization_internlm2.py` under Transformers 4.37: `<s>` in front of every text; decoding puts
 * spaces around special tokens and, unless told otherwise, takes spaces before punctuation away.
 */
export class InternLM2Tokenizer extends PreTrainedTokenizer {
  protected readonly tokenizer_class: string = "InternLM2Tokenizer";
  private readonly special: ReadonlySet<number> = new Set(this.all_special_ids);
  /** Tokens that decoding never takes for a part of a text. */
  private readonly standing_alone: ReadonlySet<number> = this.findStandingAlone();

  /**
   * Reads tokenizer.model + added_tokens.json or, where there is no tokenizer.model, the tokenizer.json that
   * `save_pretrained` wrote; beside either of them tokenizer_config.json and special_tokens_map.json where they exist.
   *
   * @throws InternVLError `FILE_NOT_FOUND`, `FILE_INVALID`, `TOKENIZER_INVALID`, `UNSUPPORTED`
   */
  static async from_pretrained(
    model: string | ModelFiles,
    options: PretrainedOptions = {},
  ): Promise<InternLM2Tokenizer> {
    const files = await openModel(model, options);
    const { config, special_tokens_map } = await readTokenizerConfig(files, options);
    const parts = { config, special_tokens_map: { ...DEFAULT_ROLES, ...special_tokens_map } };
    if (await files.has("tokenizer.model")) {
      return new InternLM2Tokenizer(await readSlowTokenizer(files, parts, options));
    }
    if (await files.has("tokenizer.json")) {
      const tokenizer = await readJsonObject(files, "tokenizer.json", options);
      return new InternLM2Tokenizer({ ...parts, tokenizer, name: `tokenizer.json in ${files.name}` });
    }
    throw new InternVLError("TOKENIZER_INVALID", {
      what: `${files.name} has no tokenizer of InternLM2`,
      expected: "tokenizer.model or tokenizer.json",
      got: "neither",
      fix: "Copy the tokenizer's files into the folder.",
    });
  }

  protected override decodeIds(ids: readonly number[], options: DecodeOptions): string {
    const { skip_special_tokens = false, clean_up_tokenization_spaces = true } = options;
    const shown = skip_special_tokens ? ids.filter((id) => !this.special.has(id)) : ids;
    const texts: string[] = [];
    let part: number[] = [];
    const endPart = (): void => {
      const text = this.decodePart(part);
      if (text !== "") texts.push(clean_up_tokenization_spaces ? cleanUpTokenization(text) : text);
      part = [];
    };
    for (const id of shown) {
      if (!this.standing_alone.has(id)) {
        part.push(id);
        continue;
      }
      endPart();
      texts.push(this.convert_ids_to_tokens(id)!);
    }
    endPart();
    return texts.join(" ");
  }

  /** `convert_tokens_to_string`: a special token after text has a space before that text, not before itself. */
  private decodePart(ids: readonly number[]): string {
    let text = "";
    let pieces: string[] = [];
    let previous_is_special = false;
    for (const id of ids) {
      const token = this.convert_ids_to_tokens(id)!;
      const is_special = this.special.has(id);
      if (is_special) {
        text += `${previous_is_special ? "" : " "}${joinPieces(pieces)}${token}`;
        pieces = [];
      } else {
        pieces.push(token);
      }
      previous_is_special = is_special;
    }
    return text + joinPieces(pieces);
  }

  /** As `_decode` of slow tokenizers has it: added tokens that are not special, or that the model's vocabulary lacks. */
  private findStandingAlone(): ReadonlySet<number> {
    const added = Object.entries(this.added_tokens_encoder);
    // Other spellings of a piece are found in texts, but no id has their name.
    const named = added.filter(([token, id]) => this.convert_ids_to_tokens(id) === token).map(([, id]) => id);
    return new Set(named.filter((id) => !this.special.has(id) || id >= this.vocab_size));
  }
}

/** SentencePiece's decoding: bytes that stand together are UTF-8, everything else is what its name says. */
function joinPieces(pieces: readonly string[]): string {
  let text = "";
  let bytes: number[] = [];
  for (const piece of pieces) {
    const byte = BYTE.exec(piece)?.[1];
    if (byte !== undefined) {
      bytes.push(Number.parseInt(byte, 16));
      continue;
    }
    text += decodeBytes(bytes) + piece.replaceAll(SPACE, " ");
    bytes = [];
  }
  return text + decodeBytes(bytes);
}

async function readSlowTokenizer(
  files: ModelFiles,
  parts: { config: JsonObject; special_tokens_map: JsonObject },
  options: PretrainedOptions,
): Promise<TokenizerFiles> {
  const { config, special_tokens_map } = parts;
  const named = readNamedTokens(config, special_tokens_map);
  const { additional_special_tokens, ...roles } = named;
  const added = await readOptionalJson(files, "added_tokens.json", options);
  const name = `tokenizer.model in ${files.name}`;
  // With protobuf in it, and needed only where there is no tokenizer.json: pages do not fetch it before.
  const { buildInternLM2TokenizerJson } = await import("./internlm2-tokenizer-json.js");
  const tokenizer = buildInternLM2TokenizerJson({
    model: await files.read("tokenizer.model", options),
    added_tokens: readAddedTokens(config, added, named),
    special_tokens: [...Object.values(roles).filter((token) => token !== null), ...additional_special_tokens],
    bos_token: config["add_bos_token"] === false ? null : roles.bos_token,
    eos_token: config["add_eos_token"] === true ? roles.eos_token : null,
    name,
  });
  return { ...parts, tokenizer, name };
}
