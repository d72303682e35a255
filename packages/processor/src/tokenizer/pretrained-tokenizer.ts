import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import {
  Callable,
  type FileSink,
  InternVLError,
  type JsonObject,
  openSink,
  type Runtime,
  type Tensor,
  writeFile,
} from "@internvl/core";
import { type NamedTokens, readAddedTokensDecoder, readNamedTokens } from "./added-tokens.js";
import { checkMaxLength, padRows, toTensors, truncateRows, wantsTruncation } from "./batch.js";
import { toNumbers, toRows } from "./token-ids.js";
import { type AddedToken, checkTokenizerJson, type TokenizerJson } from "./tokenizer-json.js";
import type {
  BatchEncoding,
  BatchOptions,
  BatchTensors,
  DecodeOptions,
  EncodeOptions,
  TokenIds,
  Tokenizer,
} from "./types.js";
import { WholePieces } from "./whole-pieces.js";

/** What Transformers says when a tokenizer has no limit of its own: `int(1e30)`. */
const NO_LIMIT = 1e30;

export interface TokenizerFiles {
  /** The content of tokenizer.json. */
  tokenizer: JsonObject;
  /** The content of tokenizer_config.json; what is not understood is kept for `save_pretrained`. */
  config?: JsonObject;
  /** The content of special_tokens_map.json. */
  special_tokens_map?: JsonObject;
  /** What messages call the place that these come from. */
  name?: string;
}

// Instances can be called, which a class cannot say of itself.
export interface PreTrainedTokenizer extends Tokenizer {}

/**
 * A tokenizer from a tokenizer.json, over @huggingface/tokenizers. Subclasses know where their model's files lie, and
 * what to do when there is no tokenizer.json.
 */
export abstract class PreTrainedTokenizer
  extends Callable<[string | readonly string[], BatchOptions?], BatchEncoding | BatchTensors>
  implements Tokenizer
{
  /** Length of the vocabulary with its added tokens. Functions have a `length` of their own, which this one replaces. */
  declare readonly length: number;
  readonly vocab_size: number;
  readonly model_max_length: number;
  readonly model_input_names: readonly string[] = ["input_ids", "attention_mask"];
  readonly bos_token: string | null;
  readonly eos_token: string | null;
  readonly pad_token: string | null;
  readonly all_special_tokens: readonly string[];
  readonly all_special_ids: readonly number[];
  /** Without the user-defined pieces that tokenizer.json lists among its added tokens: they belong to the vocabulary. */
  readonly added_tokens_encoder: Readonly<Record<string, number>>;
  readonly chat_template: string | null;
  /** The tokenizer.json in memory, what `save_pretrained` writes. */
  readonly tokenizer_json: TokenizerJson;

  /** The name of the class in Transformers, which tokenizer_config.json carries. */
  protected abstract readonly tokenizer_class: string;
  private readonly backend: HuggingFaceTokenizer;
  private readonly whole_pieces: WholePieces;
  private readonly config: JsonObject;
  private readonly named: NamedTokens;

  /** @throws InternVLError `TOKENIZER_INVALID`, `UNSUPPORTED` */
  constructor({ tokenizer, config = {}, special_tokens_map = {}, name = "tokenizer.json" }: TokenizerFiles) {
    super();
    const { json, vocab_size } = checkTokenizerJson(tokenizer, name);
    const known = new Set(json.added_tokens.map((token) => token.content));
    json.added_tokens = [...json.added_tokens, ...readAddedTokensDecoder(config).filter((t) => !known.has(t.content))];

    this.tokenizer_json = json;
    this.config = config;
    this.named = readNamedTokens(config, special_tokens_map);
    this.backend = openBackend(json, name);
    const special = json.added_tokens.filter((token) => token.special);
    this.all_special_tokens = special.map((token) => token.content);
    this.all_special_ids = special.map((token) => token.id);
    const isPiece = (token: AddedToken): boolean => !token.special && json.model.vocab[token.content] === token.id;
    const added = json.added_tokens.filter((token) => !isPiece(token));
    this.added_tokens_encoder = Object.fromEntries(added.map((token) => [token.content, token.id]));
    this.whole_pieces = this.findWholePieces(json.added_tokens.filter(isPiece));
    this.vocab_size = vocab_size;
    const beside = settleNames(json, this.backend.model?.vocab ?? []);
    Object.defineProperty(this, "length", { value: vocab_size + beside });

    this.bos_token = this.named.bos_token;
    this.eos_token = this.named.eos_token;
    this.pad_token = this.named.pad_token;
    const limit = config["model_max_length"];
    this.model_max_length = typeof limit === "number" && limit > 0 ? limit : NO_LIMIT;
    this.chat_template = readChatTemplate(config);
  }

  get bos_token_id(): number | null {
    return this.bos_token === null ? null : this.convert_tokens_to_ids(this.bos_token);
  }

  get eos_token_id(): number | null {
    return this.eos_token === null ? null : this.convert_tokens_to_ids(this.eos_token);
  }

  get pad_token_id(): number | null {
    return this.pad_token === null ? null : this.convert_tokens_to_ids(this.pad_token);
  }

  _call(texts: string | readonly string[], options: BatchOptions = {}): BatchEncoding | BatchTensors {
    const rows = (typeof texts === "string" ? [texts] : texts).map((text) => this.encode(text, options));
    const max_length = checkMaxLength(options.max_length ?? this.model_max_length);
    const batch = padRows(wantsTruncation(options) ? truncateRows(rows, max_length) : rows, {
      ...options,
      max_length,
      pad_token_id: this.pad_token_id,
    });
    return options.return_tensors === "ort" ? toTensors(batch) : batch;
  }

  /**
   * The ids of a text.
   *
   * @throws InternVLError `INPUT_INVALID` for what is not a string, or a string that is not Unicode (a lone surrogate)
   */
  encode(text: string, { add_special_tokens = true, split_special_tokens = false }: EncodeOptions = {}): number[] {
    checkText(text);
    if (!split_special_tokens) return this.backend.encode(text, { add_special_tokens }).ids;
    const ids = this.encodePlain(text);
    return add_special_tokens ? this.build_inputs_with_special_tokens(ids) : ids;
  }

  /** Ids of a text with the tokenizer's own beginning and end of text around them. */
  build_inputs_with_special_tokens(ids: readonly number[]): number[] {
    const text = "";
    const around = this.backend.post_processor?.post_process([text], null, true).tokens ?? [text];
    const [before, after] = [around.slice(0, around.indexOf(text)), around.slice(around.indexOf(text) + 1)];
    const added = (tokens: readonly string[]): number[] => tokens.map((token) => this.convert_tokens_to_ids(token)!);
    return [...added(before), ...ids, ...added(after)];
  }

  /**
   * The text of some ids. Bytes that do not make a character become U+FFFD. An empty list is an empty text.
   *
   * @throws InternVLError `INPUT_INVALID` for an id that no token has
   */
  decode(ids: TokenIds, options: DecodeOptions = {}): string {
    const numbers = toNumbers(ids);
    const unknown = numbers.find((id) => this.backend.id_to_token(id) === undefined);
    if (unknown !== undefined) {
      throw new InternVLError("INPUT_INVALID", {
        what: "A token id cannot be decoded",
        expected: `an id of this tokenizer, which has ${this.length} tokens`,
        got: String(unknown),
        fix: "Check that the tokenizer belongs to the model; replace label paddings such as -100 before decoding.",
      });
    }
    return numbers.length === 0 ? "" : this.decodeIds(numbers, options);
  }

  /** One text a sequence: a list of id lists, or a tensor `[batch, length]`. */
  batch_decode(sequences: readonly TokenIds[] | Tensor, options: DecodeOptions = {}): string[] {
    return toRows(sequences).map((ids) => this.decode(ids, options));
  }

  /** The id of a token as the vocabulary spells it; null for one that it does not have. */
  convert_tokens_to_ids(token: string): number | null;
  convert_tokens_to_ids(tokens: readonly string[]): (number | null)[];
  convert_tokens_to_ids(tokens: string | readonly string[]): number | null | (number | null)[] {
    const id = (token: string): number | null => this.backend.token_to_id(token) ?? null;
    return typeof tokens === "string" ? id(tokens) : tokens.map(id);
  }

  /** The vocabulary's spelling of an id (bytes as letters, `Ġ` for a space); null for an id that no token has. */
  convert_ids_to_tokens(id: number): string | null;
  convert_ids_to_tokens(ids: readonly number[]): (string | null)[];
  convert_ids_to_tokens(ids: number | readonly number[]): string | null | (string | null)[] {
    const token = (id: number): string | null => this.backend.id_to_token(id) ?? null;
    return typeof ids === "number" ? token(ids) : ids.map(token);
  }

  /** Writes tokenizer.json, tokenizer_config.json and special_tokens_map.json. */
  async save_pretrained(target: string | FileSink, options: { runtime?: Runtime } = {}): Promise<void> {
    const sink = await openSink(target, options);
    const { additional_special_tokens, ...roles } = this.named;
    const named = Object.fromEntries(Object.entries(roles).filter(([, token]) => token !== null));
    const map = { ...named, additional_special_tokens };
    const config = { ...this.config, ...roles, additional_special_tokens, tokenizer_class: this.tokenizer_class };
    await writeFile(sink, "tokenizer.json", JSON.stringify(this.tokenizer_json));
    await writeFile(sink, "tokenizer_config.json", `${JSON.stringify(config, null, 2)}\n`);
    await writeFile(sink, "special_tokens_map.json", `${JSON.stringify(map, null, 2)}\n`);
  }

  /** The text of ids that all exist, one at least; for models whose decoding tokenizer.json does not tell. */
  protected decodeIds(ids: number[], options: DecodeOptions): string {
    const { skip_special_tokens = false, clean_up_tokenization_spaces = false } = options;
    return this.backend.decode(ids, { skip_special_tokens, clean_up_tokenization_spaces });
  }

  /** The library always looks for added tokens, so plain text takes its steps one by one. */
  private encodePlain(text: string): number[] {
    const { normalizer, pre_tokenizer, model } = this.backend;
    if (text === "" || model === null) return [];
    const normalized = normalizer?.normalize(text) ?? text;
    return this.whole_pieces.encode(normalized, (section) => {
      const words = pre_tokenizer?.pre_tokenize(section, { section_index: 0 }) ?? [section];
      return model.encode(words).map((token) => this.convert_tokens_to_ids(token)!);
    });
  }

  private findWholePieces(pieces: readonly AddedToken[]): WholePieces {
    const { normalizer } = this.backend;
    const seen = ({ content, normalized }: AddedToken): string =>
      (normalized ? normalizer?.normalize(content) : undefined) ?? content;
    return new WholePieces(new Map(pieces.map((token) => [seen(token), token.id])));
  }
}

function openBackend(json: TokenizerJson, name: string): HuggingFaceTokenizer {
  try {
    // Left to itself the library removes spaces before punctuation, which loses text.
    return new HuggingFaceTokenizer(json, { clean_up_tokenization_spaces: false });
  } catch (cause) {
    throw new InternVLError("TOKENIZER_INVALID", {
      what: `${name} does not describe a tokenizer: ${(cause as Error).message}`,
      fix: "Download the file again, or remove it so that vocab.json and merges.txt are used.",
      cause,
    });
  }
}

/**
 * Names each id once and returns how many the added tokens have beside those of the vocabulary.
 *
 * An added token may be another spelling of a piece: `[UNUSED_TOKEN_145]` for InternLM2's `<|im_end|>`. The library would
 * name the id after it; the vocabulary's name stays, unless the added token is a special one.
 *
 * @param names tokens by id, as the library keeps them; changed in place
 */
function settleNames({ model, added_tokens }: TokenizerJson, names: string[]): number {
  const beside = new Set(added_tokens.map(({ id }) => id));
  for (const token in model.vocab) {
    const id = model.vocab[token]!;
    if (beside.delete(id)) names[id] = token;
  }
  for (const { id, content, special } of added_tokens) if (special) names[id] = content;
  return beside.size;
}

/** The template in tokenizer_config.json: a string, or a list of named ones of which `default` is taken. */
function readChatTemplate(config: JsonObject): string | null {
  const template = config["chat_template"];
  if (typeof template === "string") return template;
  if (!Array.isArray(template)) return null;
  const entries = template as { name?: unknown; template?: unknown }[];
  const found = entries.find((entry) => entry?.name === "default")?.template;
  return typeof found === "string" ? found : null;
}

function checkText(text: string): void {
  if (typeof text !== "string") {
    throw new InternVLError("INPUT_INVALID", { what: "A text is missing", expected: "a string", got: typeof text });
  }
  const lone = /\p{Surrogate}/u.exec(text);
  if (lone !== null) {
    throw new InternVLError("INPUT_INVALID", {
      what: "A text is not Unicode",
      expected: "surrogates in pairs",
      got: `a lone U+${lone[0].charCodeAt(0).toString(16).toUpperCase()} at position ${lone.index}`,
      fix: "Do not cut strings in the middle of a character; text.toWellFormed() replaces such halves.",
    });
  }
}
