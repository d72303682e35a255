import { InternVLError } from "@internvl/core";
import { anyOf, escapeRegExp } from "../regexp.js";
import type { EncodeOptions, Tokenizer } from "../tokenizer/types.js";
import type { Message } from "./conversation.js";

/** The roles whose text comes from outside. What the program and the model wrote may hold special tokens on purpose. */
const OUTSIDE_ROLES: readonly string[] = ["user", "tool"];

/**
 * Keeps special tokens in outside text from being recognised, through a template that puts text together as it likes.
 *
 * In outside text a mark (a character that occurs nowhere else) is put after each character that a token may begin with.
 * So no token can begin there, not even one that two neighbouring texts would spell together. After rendering, tokens are
 * searched in the marked text; the pieces between them lose their marks and are encoded as plain text. Everything that is
 * not a special token in outside text therefore gets the ids that it gets without escaping.
 */
export class SpecialTokenEscape {
  private readonly mark: string;
  private readonly tokens: readonly string[];

  /**
   * @param tokens added tokens and placeholders, whatever must not be recognised
   * @param texts everything that the rendered prompt may contain
   */
  constructor(tokens: readonly string[], texts: readonly string[]) {
    this.tokens = [...new Set(tokens)].filter((token) => token !== "");
    this.mark = unusedCharacter(texts);
  }

  /** A copy of the conversation with marked user and tool texts. */
  apply(conversation: readonly Message[]): Message[] {
    return conversation.map((message) => {
      const { role, content } = message;
      if (!OUTSIDE_ROLES.includes(role)) return message;
      if (typeof content === "string") return { ...message, content: this.markText(content) };
      return {
        ...message,
        content: (content ?? []).map((block) =>
          block.type === "text" ? { ...block, text: this.markText(String(block["text"])) } : block,
        ),
      };
    });
  }

  /**
   * The ids of a rendered text: tokens where they are not marked, plain text between them, and around it all what
   * `tokenizer.encode` puts there.
   */
  encode(tokenizer: Tokenizer, text: string, { add_special_tokens = true }: EncodeOptions = {}): number[] {
    const ids = this.encodePieces(tokenizer, text);
    return add_special_tokens ? tokenizer.build_inputs_with_special_tokens(ids) : ids;
  }

  private encodePieces(tokenizer: Tokenizer, text: string): number[] {
    const added = tokenizer.added_tokens_encoder;
    const tokens = Object.keys(added);
    if (tokens.length === 0) return this.encodePlain(tokenizer, text);
    // A pattern with a group leaves the matches in the list, at the odd places.
    return text
      .split(anyOf(tokens))
      .flatMap((piece, index) => (index % 2 === 1 ? [added[piece]!] : this.encodePlain(tokenizer, piece)));
  }

  private encodePlain(tokenizer: Tokenizer, text: string): number[] {
    const plain = text.replaceAll(this.mark, "");
    return plain === "" ? [] : tokenizer.encode(plain, { split_special_tokens: true, add_special_tokens: false });
  }

  private markText(text: string): string {
    const beginnings = [...new Set(this.tokens.map((token) => [...token][0]!))];
    if (beginnings.length === 0) return text;
    return text.replace(new RegExp(`[${beginnings.map(escapeRegExp).join("")}]`, "gu"), (found) => found + this.mark);
  }
}

/** A private-use character that none of the texts contains. */
function unusedCharacter(texts: readonly string[]): string {
  // Supplementary Private Use Area A: no vocabulary and no keyboard has them.
  for (let code = 0xf0000; code <= 0xffffd; code++) {
    const character = String.fromCodePoint(code);
    if (!texts.some((text) => text.includes(character))) return character;
  }
  throw new InternVLError("INPUT_INVALID", {
    what: "A text uses every private-use character, none is left for escaping",
  });
}
