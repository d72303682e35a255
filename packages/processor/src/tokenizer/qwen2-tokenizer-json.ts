import { InternVLError, type JsonObject } from "@internvl/core";
import type { AddedToken, TokenizerJson } from "./tokenizer-json.js";

/** What Qwen2's slow tokenizer is saved as: vocab.json, merges.txt, and the tokens that were added to them. */
export interface Qwen2TokenizerParts {
  vocab: JsonObject;
  /** The text of merges.txt. */
  merges: string;
  added_tokens: readonly AddedToken[];
}

/**
 * How Qwen2 cuts text into words before byte pairs are merged, in the notation of tokenizer.json. Digits stand alone.
 * From Transformers' `models/qwen2/tokenization_qwen2.py` (`PRETOKENIZE_REGEX`).
 */
const PRETOKENIZE_REGEX: string =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

/**
 * The tokenizer.json that says the same as vocab.json + merges.txt + added tokens, equal to what Transformers writes
 * when it converts Qwen2's slow tokenizer. Whether ids and merges fit together is checked when a tokenizer is made of it.
 *
 * @throws InternVLError `TOKENIZER_INVALID` for a line of merges.txt that is not a pair
 */
export function buildQwen2TokenizerJson({ vocab, merges, added_tokens }: Qwen2TokenizerParts): TokenizerJson {
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [...added_tokens].sort((a, b) => a.id - b.id),
    normalizer: { type: "NFC" },
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        { type: "Split", pattern: { Regex: PRETOKENIZE_REGEX }, behavior: "Isolated", invert: false },
        { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    post_processor: { type: "ByteLevel", add_prefix_space: false, trim_offsets: false, use_regex: false },
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: vocab as Record<string, number>,
      merges: parseMerges(merges),
    },
  };
}

/**
 * The pairs of a merges.txt, best first. Only the header is a comment: a merge may itself start with `#`, and the slow
 * tokenizer of Transformers 4.37 got such texts wrong by skipping those lines.
 */
function parseMerges(text: string): [string, string][] {
  const lines = text.split(/\r?\n/);
  if (lines[0]?.startsWith("#version")) lines.shift();
  return lines.flatMap((line, index): [string, string][] => {
    if (line === "") return [];
    const [left, right, ...rest] = line.split(" ");
    if (!left || !right || rest.length > 0) {
      throw new InternVLError("TOKENIZER_INVALID", {
        what: `merges.txt is broken at merge ${index + 1}`,
        expected: "two tokens with a space between them",
        got: JSON.stringify(line.slice(0, 80)),
      });
    }
    return [[left, right]];
  });
}
