import { InternVLError, type JsonObject, type JsonValue } from "@internvl/core";
import { type AddedToken, isId, isObject } from "./tokenizer-json.js";

/** The tokens that have a role, by their text. */
export interface NamedTokens {
  bos_token: string | null;
  eos_token: string | null;
  pad_token: string | null;
  unk_token: string | null;
  additional_special_tokens: string[];
}

/**
 * Reads the roles from tokenizer_config.json, and from special_tokens_map.json what that does not say. Values are
 * strings or objects with a `content`; Transformers 5 writes the additional ones as `extra_special_tokens`.
 */
export function readNamedTokens(config: JsonObject, map: JsonObject): NamedTokens {
  const one = (key: string): string | null => content(config[key]) ?? content(map[key]);
  const many = [config["additional_special_tokens"], config["extra_special_tokens"], map["additional_special_tokens"]];
  const list = many.find((value) => Array.isArray(value)) as JsonValue[] | undefined;
  return {
    bos_token: one("bos_token"),
    eos_token: one("eos_token"),
    pad_token: one("pad_token"),
    unk_token: one("unk_token"),
    additional_special_tokens: (list ?? []).flatMap((value) => content(value) ?? []),
  };
}

/**
 * The added tokens of a folder without tokenizer.json: tokenizer_config.json's `added_tokens_decoder` with all flags,
 * else added_tokens.json, where tokens with a role are special (as Transformers reads such folders).
 *
 * @throws InternVLError `TOKENIZER_INVALID`
 */
export function readAddedTokens(config: JsonObject, added: JsonObject, named: NamedTokens): AddedToken[] {
  const { additional_special_tokens, ...roles } = named;
  const special = new Set([...Object.values(roles), ...additional_special_tokens]);
  const tokens = new Map<string, AddedToken>();
  for (const [text, id] of Object.entries(added)) {
    tokens.set(text, addedToken("added_tokens.json", id, { content: text, special: special.has(text) }));
  }
  for (const token of readAddedTokensDecoder(config)) tokens.set(token.content, token);
  return [...tokens.values()];
}

/** `added_tokens_decoder` of tokenizer_config.json: ids to tokens. @throws InternVLError `TOKENIZER_INVALID` */
export function readAddedTokensDecoder(config: JsonObject): AddedToken[] {
  const decoder = config["added_tokens_decoder"];
  if (!isObject(decoder)) return [];
  return Object.entries(decoder).map(([id, fields]) =>
    addedToken("tokenizer_config.json", Number(id), isObject(fields) ? fields : { content: fields as JsonValue }),
  );
}

function addedToken(origin: string, id: JsonValue | undefined, fields: JsonObject): AddedToken {
  const text = fields["content"];
  if (!isId(id) || typeof text !== "string" || text === "") {
    throw new InternVLError("TOKENIZER_INVALID", {
      what: `${origin} describes an added token that cannot be`,
      expected: "a text and a non-negative integer id",
      got: `${JSON.stringify(text)} with the id ${JSON.stringify(id)}`,
    });
  }
  const special = fields["special"] === true;
  return {
    id,
    content: text,
    single_word: fields["single_word"] === true,
    lstrip: fields["lstrip"] === true,
    rstrip: fields["rstrip"] === true,
    normalized: typeof fields["normalized"] === "boolean" ? fields["normalized"] : !special,
    special,
  };
}

function content(value: JsonValue | undefined): string | null {
  if (typeof value === "string") return value;
  return isObject(value) && typeof value["content"] === "string" ? value["content"] : null;
}
