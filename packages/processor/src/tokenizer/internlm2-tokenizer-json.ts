import { InternVLError, type JsonObject } from "@internvl/core";
import { type Piece, PieceType, readSentencePieces } from "./sentencepiece.js";
import { SPACE } from "./space.js";
import type { AddedToken, TokenizerJson } from "./tokenizer-json.js";

/** What InternLM2's slow tokenizer is saved as: tokenizer.model, and the tokens that were added to it. */
export interface InternLM2TokenizerParts {
  /** The bytes of tokenizer.model. */
  model: Uint8Array;
  /** An id of the model's gives the piece a new name, as `<|im_end|>` is the new name of `[UNUSED_TOKEN_145]`. */
  added_tokens: readonly AddedToken[];
  /** Pieces that are special: they are found in a text and left out by `skip_special_tokens`. */
  special_tokens?: readonly string[];
  /** Put in front of every text. Default: nothing. */
  bos_token?: string | null;
  /** Put behind every text. Default: nothing. */
  eos_token?: string | null;
  /** What messages call tokenizer.model. */
  name?: string;
}

/** SentencePiece (from 0.2.2 on) never finds a piece that is this character alone, but writes its byte. */
const NUL = "\0";

/**
 * The tokenizer.json that encodes as tokenizer.model + added tokens does.
 *
 * Its decoder joins the pieces; the spaces that InternLM2's own decoding puts around special tokens are no matter of
 * tokenizer.json and stand in `InternLM2Tokenizer`. User-defined pieces become added tokens that are not special, as
 * Transformers writes them. A piece that was given a new name is still found by the old one in texts, which is listed last.
 *
 * @throws InternVLError `TOKENIZER_INVALID`, `UNSUPPORTED`
 */
export function buildInternLM2TokenizerJson(parts: InternLM2TokenizerParts): TokenizerJson {
  const { name = "tokenizer.model", special_tokens = [] } = parts;
  const pieces = readSentencePieces(parts.model, name);
  const given = new Map(parts.added_tokens.map((token) => [token.id, token]));
  for (const [id, { piece }] of pieces.entries()) {
    if (special_tokens.includes(piece) && !given.has(id)) given.set(id, matched(id, piece, { special: true }));
  }

  const vocab = new Map<string, number>();
  const user_defined: AddedToken[] = [];
  const other_spellings: AddedToken[] = [];
  for (const [id, piece] of pieces.entries()) {
    const named = given.get(id)?.content ?? piece.piece;
    if (named !== piece.piece) {
      checkRenamed(piece, named, name);
      other_spellings.push(matched(id, piece.piece, { special: false }));
    } else if (piece.type === PieceType.USER_DEFINED && !given.has(id)) {
      user_defined.push(matched(id, named, { special: false }));
    }
    if (vocab.has(named)) throw namedTwice(name, named, [vocab.get(named)!, id]);
    vocab.set(named, id);
  }
  if (vocab.has(NUL)) other_spellings.push(matched(vocab.get("<0x00>")!, NUL, { special: false }));

  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [...[...given.values(), ...user_defined].sort((a, b) => a.id - b.id), ...other_spellings],
    normalizer: { type: "Replace", pattern: { String: " " }, content: SPACE },
    pre_tokenizer: null,
    post_processor: aroundTexts(parts, vocab),
    decoder: {
      type: "Sequence",
      decoders: [
        { type: "Replace", pattern: { String: SPACE }, content: " " },
        { type: "ByteFallback" },
        { type: "Fuse" },
      ],
    },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: pieces.find(({ type }) => type === PieceType.UNKNOWN)?.piece ?? null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: true,
      ignore_merges: false,
      vocab: Object.fromEntries(vocab),
      merges: mergesOf(pieces, name),
    },
  };
}

/**
 * The pairs of pieces that make a piece, best first.
 *
 * SentencePiece merges the pair whose result has the highest score, the leftmost where several do. A tokenizer.json has an
 * order of pairs instead, the leftmost where one pair occurs several times. The two differ only where pairs of one score
 * share a piece, as in `a aa a`; of the splits of one piece the one with the longer left part comes first, which is what
 * merging from the left makes of a repetition.
 */
function mergesOf(pieces: readonly Piece[], name: string): [string, string][] {
  const texts = new Set(pieces.map(({ piece }) => piece));
  const normal = pieces.filter(({ type }) => type === PieceType.NORMAL);
  const parts = new Set(normal.map(({ piece }) => piece));
  const merges: { score: number; pair: [string, string] }[] = [];
  for (const { piece, score } of normal) {
    const characters = [...piece];
    const missing = characters.find((character) => !texts.has(character));
    if (missing !== undefined) throw withoutCharacter(name, piece, missing);
    let right = "";
    for (let character = characters.pop(); characters.length > 0; character = characters.pop()) {
      right = character + right;
      const left = piece.slice(0, -right.length);
      if (parts.has(left) && parts.has(right)) merges.push({ score, pair: [left, right] });
    }
  }
  return merges.sort((a, b) => b.score - a.score).map(({ pair }) => pair);
}

/** `<s>` in front of a text, in the notation of tokenizer.json. */
function aroundTexts(parts: InternLM2TokenizerParts, vocab: ReadonlyMap<string, number>): JsonObject {
  const { bos_token = null, eos_token = null } = parts;
  const token = (content: string | null): JsonObject[] =>
    content === null ? [] : [{ SpecialToken: { id: content, type_id: 0 } }];
  const text = (id: "A" | "B"): JsonObject[] => [
    ...token(bos_token),
    { Sequence: { id, type_id: 0 } },
    ...token(eos_token),
  ];
  const used = [bos_token, eos_token].filter((content) => content !== null);
  return {
    type: "TemplateProcessing",
    single: text("A"),
    pair: [...text("A"), ...text("B")],
    special_tokens: Object.fromEntries(
      used.map((content) => [content, { id: content, ids: [vocab.get(content) ?? 0], tokens: [content] }]),
    ),
  };
}

// User-defined pieces are searched after spaces were rewritten (`normalized`), special tokens before.
function matched(id: number, content: string, { special }: { special: boolean }): AddedToken {
  return { id, content, single_word: false, lstrip: false, rstrip: false, normalized: !special, special };
}

/** An ordinary piece comes out of merges, which know its old name only. */
function checkRenamed(piece: Piece, named: string, origin: string): void {
  if (piece.type !== PieceType.NORMAL) return;
  throw new InternVLError("UNSUPPORTED", {
    what: `An added token takes the id of an ordinary piece of ${origin}`,
    expected: "an id beyond the pieces, or of a user-defined or control piece",
    got: `${JSON.stringify(named)} in the place of ${JSON.stringify(piece.piece)}`,
  });
}

function namedTwice(origin: string, named: string, ids: readonly number[]): InternVLError {
  return new InternVLError("TOKENIZER_INVALID", {
    what: `${origin} and the added tokens give several ids to ${JSON.stringify(named)}`,
    expected: "one id",
    got: ids.join(" and "),
    fix: "Take tokenizer.model, added_tokens.json and tokenizer_config.json from the same checkpoint.",
  });
}

function withoutCharacter(origin: string, piece: string, character: string): InternVLError {
  return new InternVLError("UNSUPPORTED", {
    what: `${origin} has a piece that tokenizer.json cannot express`,
    expected: "a piece for each character of every piece",
    got: `${JSON.stringify(piece)} without one for ${JSON.stringify(character)}`,
  });
}
