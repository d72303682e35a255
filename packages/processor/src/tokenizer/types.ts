import type { FileSink, Tensor } from "@internvl/core";

/** Token ids of one text, in any of the shapes that models return them in. */
export type TokenIds = readonly number[] | readonly bigint[] | BigInt64Array | Int32Array | Tensor;

export interface EncodeOptions {
  /** Whether the tokenizer's own beginning and end of text are added. Default true; InternLM2 has a beginning, Qwen2 neither. */
  add_special_tokens?: boolean;
  /**
   * Text such as `<img>` or `<|im_end|>` becomes the special token that it spells, as in the reference. With true it
   * stays plain text: no added token is recognised at all (what Transformers' slow tokenizers do). Default false.
   */
  split_special_tokens?: boolean;
}

export interface DecodeOptions {
  /** Leaves out the tokens that are marked special. Default false. */
  skip_special_tokens?: boolean;
  /** Removes spaces before punctuation, which loses text. Default false; true for InternLM2, whose own tokenizer does so. */
  clean_up_tokenization_spaces?: boolean;
}

export interface BatchOptions extends EncodeOptions {
  /** `true` or `"longest"`: to the longest row; `"max_length"`: to `max_length`. Default false. */
  padding?: boolean | "longest" | "max_length" | "do_not_pad";
  /** Default `"left"`, where a decoder-only model needs its padding. */
  padding_side?: "left" | "right";
  /** Cuts rows at `max_length` tokens, at their end. Default false. */
  truncation?: boolean | "longest_first" | "do_not_truncate";
  /** In tokens. Default: the tokenizer's `model_max_length`. */
  max_length?: number;
  /** `"ort"` returns int64 `Tensor`s, for which all rows must be equally long. Default: lists, as Python returns them. */
  return_tensors?: "ort" | null;
}

/** One row of ids a text, and 1 where a token is real, 0 where it is padding. */
export interface BatchEncoding {
  input_ids: number[][];
  attention_mask: number[][];
}

/** The same as int64 tensors `[batch, length]`. */
export interface BatchTensors {
  input_ids: Tensor;
  attention_mask: Tensor;
}

/** What the processor needs of a tokenizer. `PreTrainedTokenizer`s are some; instances can be called like Python's. */
export interface Tokenizer {
  (texts: string | readonly string[], options: BatchOptions & { return_tensors: "ort" }): BatchTensors;
  (texts: string | readonly string[], options?: BatchOptions & { return_tensors?: null }): BatchEncoding;

  /** Tokens of the model's vocabulary, added ones not counted. */
  readonly vocab_size: number;
  /** `len(tokenizer)`: added tokens included. */
  readonly length: number;
  readonly model_max_length: number;
  readonly model_input_names: readonly string[];
  readonly bos_token: string | null;
  readonly eos_token: string | null;
  readonly pad_token: string | null;
  readonly bos_token_id: number | null;
  readonly eos_token_id: number | null;
  readonly pad_token_id: number | null;
  readonly all_special_tokens: readonly string[];
  readonly all_special_ids: readonly number[];
  /** The added tokens and their ids, special ones or not. */
  readonly added_tokens_encoder: Readonly<Record<string, number>>;
  /** The folder's own template, where its tokenizer_config.json has one. */
  readonly chat_template: string | null;

  encode(text: string, options?: EncodeOptions): number[];
  build_inputs_with_special_tokens(ids: readonly number[]): number[];
  decode(ids: TokenIds, options?: DecodeOptions): string;
  batch_decode(sequences: readonly TokenIds[] | Tensor, options?: DecodeOptions): string[];
  convert_tokens_to_ids(token: string): number | null;
  convert_tokens_to_ids(tokens: readonly string[]): (number | null)[];
  convert_ids_to_tokens(id: number): string | null;
  convert_ids_to_tokens(ids: readonly number[]): (string | null)[];
  save_pretrained(target: string | FileSink): Promise<void>;
}
