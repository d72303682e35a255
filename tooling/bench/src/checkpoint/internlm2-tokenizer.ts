import { type AddedToken, addedTokensDecoder, madeUpMerges, type SyntheticTokenizer } from "./made-up.js";

/** A space as SentencePiece writes it. */
const SPACE = "\u2581";
const LETTERS = [SPACE, ..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"];

/** New names of the last pieces, and the tokens behind them, in the order of their ids. */
const RENAMED = ["<|plugin|>", "<|interpreter|>", "<|action_end|>", "<|action_start|>", "<|im_end|>", "<|im_start|>"];
const BEHIND = ["<img>", "</img>", "<IMG_CONTEXT>", "<quad>", "</quad>", "<ref>", "</ref>", "<box>", "</box>"];

/** `type` of a SentencePiece. */
const NORMAL = 1;
const UNKNOWN = 2;
const CONTROL = 3;
const USER_DEFINED = 4;
const BYTE = 6;

/** Numbers of fields in SentencePiece's `ModelProto`, its settings as InternLM2 has them. */
const BPE_WITH_BYTES = [
  [3, 2],
  [35, 1],
] as const;
const TEXT_AS_IT_IS = [
  [3, 0],
  [4, 0],
] as const;

/**
 * A tokenizer with the layout and the size of InternLM2's, and none of its vocabulary: `<unk>`, `<s>`, `</s>`, the 256
 * bytes, letters, made-up pieces of two and three letters, then the tokens that steer.
 */
export function syntheticInternLM2Tokenizer(vocabulary: number): SyntheticTokenizer {
  const added = [...RENAMED, ...BEHIND].map((content, index) => ({
    content,
    id: vocabulary - RENAMED.length + index,
  }));
  const roles = { bos_token: "<s>", eos_token: "</s>", pad_token: "</s>", unk_token: "<unk>" };
  const additional_special_tokens = added.map(({ content }) => content);
  const named: AddedToken[] = ["<unk>", "<s>", "</s>"].map((content, id) => ({ content, id }));
  return {
    files: {
      "tokenizer.model": sentencePieceModel(vocabulary),
      "added_tokens.json": JSON.stringify(Object.fromEntries(added.map(({ content, id }) => [content, id]))),
      "special_tokens_map.json": JSON.stringify({ ...roles, additional_special_tokens }),
      "tokenizer_config.json": JSON.stringify({
        added_tokens_decoder: addedTokensDecoder([...named, ...added], () => true),
        additional_special_tokens,
        clean_up_tokenization_spaces: false,
        model_max_length: 8192,
        tokenizer_class: "InternLM2Tokenizer",
        ...roles,
      }),
    },
    size: vocabulary + BEHIND.length,
    endOfTurn: added.find(({ content }) => content === "<|im_end|>")!.id,
  };
}

/** tokenizer.model: pieces in the order of their ids, the later the worse, and settings. */
function sentencePieceModel(vocabulary: number): Uint8Array {
  const bytes = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
  const first = [piece("<unk>", UNKNOWN), piece("<s>", CONTROL), piece("</s>", CONTROL)];
  const start = first.length + bytes.length + LETTERS.length;
  const merged = madeUpMerges(vocabulary - start - RENAMED.length, SPACE).map((pair) => pair.join(""));
  const pieces = [
    ...first,
    ...bytes.map((text) => piece(text, BYTE)),
    ...[...LETTERS, ...merged].map((text, index) => piece(text, NORMAL, -index)),
    ...RENAMED.map((_, index) => piece(`[UNUSED_TOKEN_${141 + index}]`, USER_DEFINED)),
  ];
  const normalizer = Buffer.concat([message(1, Buffer.from("identity")), numbers(TEXT_AS_IT_IS)]);
  return Buffer.concat([...pieces, message(2, numbers(BPE_WITH_BYTES)), message(3, normalizer)]);
}

function piece(text: string, type: number, score: number = 0): Uint8Array {
  const scoreField = Buffer.concat([tag(2, 5), new Uint8Array(Float32Array.of(score).buffer)]);
  return message(1, Buffer.concat([message(1, Buffer.from(text)), scoreField, numbers([[3, type]])]));
}

// Protobuf's wire format: a field's number and kind, then its value.

function message(field: number, content: Uint8Array): Uint8Array {
  return Buffer.concat([tag(field, 2), varint(content.length), content]);
}

function numbers(fields: readonly (readonly [field: number, value: number])[]): Uint8Array {
  return Buffer.concat(fields.flatMap(([field, value]) => [tag(field, 0), varint(value)]));
}

function tag(field: number, kind: number): Uint8Array {
  return varint(field * 8 + kind);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Uint8Array.from([...bytes, rest]);
    bytes.push((rest & 0x7f) | 0x80);
  }
}
