import { InternVLError, type JsonObject, type JsonValue } from "@internvl/core";

/** A token beside the vocabulary, as tokenizer.json describes it. */
export type AddedToken = {
  id: number;
  content: string;
  single_word: boolean;
  lstrip: boolean;
  rstrip: boolean;
  normalized: boolean;
  /** Special tokens are left out by `skip_special_tokens`. */
  special: boolean;
};

/** The parts of a tokenizer.json that this package reads; the rest is kept as it is. */
export type TokenizerJson = JsonObject & {
  added_tokens: AddedToken[];
  model: JsonObject & { type: "BPE"; vocab: Record<string, number>; merges: string[] | [string, string][] };
};

interface CheckedTokenizer {
  json: TokenizerJson;
  /** Tokens in `model.vocab`. */
  vocab_size: number;
}

/**
 * Checks what would otherwise fail deep inside of the tokenizer library, or not at all.
 *
 * @param origin names the file in messages
 * @throws InternVLError `TOKENIZER_INVALID`, `UNSUPPORTED` (a model that is not BPE)
 */
export function checkTokenizerJson(json: JsonObject, origin: string): CheckedTokenizer {
  const { model, added_tokens } = json;
  if (!isObject(model)) throw invalid(origin, "model", "an object", model);
  if (model["type"] !== "BPE") {
    throw new InternVLError("UNSUPPORTED", {
      what: `${origin} holds a kind of tokenizer that is not known here`,
      expected: 'model.type "BPE"',
      got: JSON.stringify(model["type"]),
    });
  }
  if (!isObject(model["vocab"])) throw invalid(origin, "model.vocab", "an object of tokens and ids", model["vocab"]);
  const vocab_size = checkVocab(model["vocab"], `${origin}: model.vocab`);
  if (!Array.isArray(model["merges"])) throw invalid(origin, "model.merges", "a list", model["merges"]);
  checkMerges(model["merges"], model["vocab"], `${origin}: model.merges`);

  const added = added_tokens ?? [];
  if (!Array.isArray(added)) throw invalid(origin, "added_tokens", "a list", added);
  for (const token of added) {
    if (!isObject(token) || typeof token["content"] !== "string" || token["content"] === "" || !isId(token["id"])) {
      throw invalid(origin, "added_tokens", "objects with a content and an id", token);
    }
  }
  // The library insists on the keys, null where there is nothing to do.
  const complete: JsonObject = { normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null, ...json };
  return { json: { ...complete, added_tokens: added } as TokenizerJson, vocab_size };
}

/** Checks the ids and counts the tokens. Loops over keys in place: the lists of `Object.entries` cost as much as loading. */
function checkVocab(vocab: JsonObject, origin: string): number {
  const seen = new Uint8Array(MAX_ID);
  let tokens = 0;
  for (const token in vocab) {
    const id = vocab[token];
    if (!isId(id) || seen[id] === 1) {
      throw new InternVLError("TOKENIZER_INVALID", {
        what: `${origin} gives the token ${JSON.stringify(token)} an id that cannot be`,
        expected: "a non-negative integer that no other token has",
        got: JSON.stringify(id),
      });
    }
    seen[id] = 1;
    tokens++;
  }
  if (tokens === 0) throw new InternVLError("TOKENIZER_INVALID", { what: `${origin} has no tokens` });
  return tokens;
}

/** Merges come as `"a b"` or as `["a", "b"]`, one form in a file. Each is two tokens of the vocabulary. */
function checkMerges(merges: readonly JsonValue[], vocab: JsonObject, origin: string): void {
  const paired = Array.isArray(merges[0]);
  for (const [index, merge] of merges.entries()) {
    const parts = paired ? merge : typeof merge === "string" ? merge.split(" ") : null;
    const known =
      Array.isArray(parts) &&
      parts.length === 2 &&
      parts.every((part) => typeof part === "string" && Object.hasOwn(vocab, part));
    if (!known) {
      throw new InternVLError("TOKENIZER_INVALID", {
        what: `${origin} is broken at entry ${index}`,
        expected: "two tokens of the vocabulary",
        got: JSON.stringify(merge),
        fix: "Take vocabulary and merges from the same model.",
      });
    }
  }
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

// Ids index arrays. No vocabulary comes near this bound (Qwen2's has 151,674 tokens), but an id of 2^40 in a broken file
// would make the library allocate an array of that length.
const MAX_ID = 2 ** 24;

export function isId(value: JsonValue | undefined): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value < MAX_ID;
}

function invalid(origin: string, field: string, expected: string, value: JsonValue | undefined): InternVLError {
  return new InternVLError("TOKENIZER_INVALID", {
    what: `${origin} does not describe a tokenizer: ${field} is not what it should be`,
    expected,
    got: (JSON.stringify(value) ?? "nothing").slice(0, 80),
    fix: "Download the file again, or remove it so that vocab.json and merges.txt are used.",
  });
}
