import { addedTokensDecoder, madeUpMerges, type SyntheticTokenizer } from "./made-up.js";

/** Qwen2's special tokens and those of InternVL, in the order of their ids after the vocabulary. */
const ADDED_TOKENS = [
  ...["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|object_ref_end|>"],
  ...["<|box_start|>", "<|box_end|>", "<|quad_start|>", "<|quad_end|>", "<|vision_start|>", "<|vision_end|>"],
  ...["<|vision_pad|>", "<|image_pad|>", "<|video_pad|>", "<tool_call>", "</tool_call>", "<|fim_prefix|>"],
  ...["<|fim_middle|>", "<|fim_suffix|>", "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>"],
  ...["<img>", "</img>", "<IMG_CONTEXT>", "<quad>", "</quad>", "<ref>", "</ref>", "<box>", "</box>"],
];
/** Plain text among the added tokens: kept when special tokens are skipped. */
const NOT_SPECIAL = /tool_call|fim_|repo_name|file_sep/;
/** A space as byte-level BPE writes it. */
const SPACE = "Ġ";

/**
 * A tokenizer with the layout and the size of Qwen2's, and none of its vocabulary: the 256 bytes, then made-up merges of
 * two and three letters, then the added tokens.
 */
export function syntheticQwen2Tokenizer(vocabulary: number): SyntheticTokenizer {
  const merges = madeUpMerges(vocabulary - 256, SPACE);
  const tokens = [...byteTokens(), ...merges.map(([left, right]) => left + right)];
  const added = ADDED_TOKENS.map((content, index) => ({ content, id: vocabulary + index }));
  const special = added.filter(({ content }) => !NOT_SPECIAL.test(content));
  const names = { eos_token: "<|im_end|>", pad_token: "<|endoftext|>" };
  const tokenizerConfig = {
    add_bos_token: false,
    add_prefix_space: false,
    added_tokens_decoder: addedTokensDecoder(added, ({ content }) => !NOT_SPECIAL.test(content)),
    additional_special_tokens: special.slice(1).map(({ content }) => content),
    bos_token: null,
    clean_up_tokenization_spaces: false,
    errors: "replace",
    model_max_length: 8192,
    split_special_tokens: false,
    tokenizer_class: "Qwen2Tokenizer",
    unk_token: null,
    ...names,
  };
  return {
    files: {
      "vocab.json": JSON.stringify(Object.fromEntries(tokens.map((token, id) => [token, id]))),
      "merges.txt": `#version: 0.2\n${merges.map((pair) => pair.join(" ")).join("\n")}\n`,
      "added_tokens.json": JSON.stringify(Object.fromEntries(added.map(({ content, id }) => [content, id]))),
      "special_tokens_map.json": JSON.stringify(names),
      "tokenizer_config.json": JSON.stringify(tokenizerConfig),
    },
    size: vocabulary + added.length,
    endOfTurn: vocabulary + ADDED_TOKENS.indexOf("<|im_end|>"),
  };
}

/**
 * The 256 characters that byte-level BPE writes bytes with (GPT-2's `bytes_to_unicode`): printable ones stand for
 * themselves, the others for the code points from 256 on.
 */
function byteTokens(): string[] {
  const isPrintable = (byte: number) =>
    (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
  const bytes = Array.from({ length: 256 }, (_, byte) => byte);
  const printable = bytes.filter(isPrintable).map((byte) => String.fromCodePoint(byte));
  return [
    ...printable,
    ...Array.from({ length: 256 - printable.length }, (_, index) => String.fromCodePoint(256 + index)),
  ];
}
