import { InternVLError } from "@internvl/core";
import { anyOf } from "../regexp.js";
import { CONTEXT_IMAGE_TOKEN, countPlaceholders, IMAGE_TOKEN, VIDEO_TOKEN } from "./placeholders.js";

export type Visual = "image" | "video";

/** A text that waits for its pictures and videos. */
export interface Prompt {
  /** What stands around the placeholders, one piece more than there are placeholders. */
  pieces: string[];
  /** What each placeholder asks for, in order. */
  visuals: Visual[];
}

/** How many of each a call was given. */
export interface Given {
  images: number;
  videos: number;
  /** Pictures, and videos, of each text, where the caller gave one list a text. */
  images_per_text: readonly number[] | null;
  videos_per_text: readonly number[] | null;
}

/**
 * Finds the placeholders: `<video>`, and for pictures `<image>`, or in a text without it `<IMG_CONTEXT>`, as merged
 * Transformers has it. Without pictures `<IMG_CONTEXT>` is left alone, so that a prompt that is expanded already can be
 * tokenised.
 *
 * @throws InternVLError `INPUT_INVALID` for a text that has both kinds for pictures
 */
export function readPrompts(texts: readonly string[], has_images: boolean): Prompt[] {
  return texts.map((text, index) => {
    const tags = countPlaceholders(text, IMAGE_TOKEN);
    const contexts = has_images ? countPlaceholders(text, CONTEXT_IMAGE_TOKEN) : 0;
    if (tags > 0 && contexts > 0) {
      throw new InternVLError("INPUT_INVALID", {
        what: `text[${index}] holds both ${IMAGE_TOKEN} and ${CONTEXT_IMAGE_TOKEN}`,
        expected: "one kind of placeholder",
        got: `${tags} and ${contexts}`,
        fix: "If a user typed one of them, use apply_chat_template with tokenize and escape_special_tokens.",
      });
    }
    const image = tags > 0 ? [IMAGE_TOKEN] : contexts > 0 ? [CONTEXT_IMAGE_TOKEN] : [];
    // The group keeps the placeholders in the list, at the odd places.
    const parts = text.split(anyOf([...image, VIDEO_TOKEN]));
    return {
      pieces: parts.filter((_, place) => place % 2 === 0),
      visuals: parts
        .filter((_, place) => place % 2 === 1)
        .map((placeholder) => (placeholder === VIDEO_TOKEN ? "video" : "image")),
    };
  });
}

/** @throws InternVLError `INPUT_INVALID` with both numbers where those of a kind differ */
export function checkCounts(prompts: readonly Prompt[], given: Given): void {
  checkKind(prompts, "image", given.images, given.images_per_text);
  checkKind(prompts, "video", given.videos, given.videos_per_text);
}

function checkKind(prompts: readonly Prompt[], kind: Visual, given: number, per_text: readonly number[] | null): void {
  const asked = prompts.map(({ visuals }) => visuals.filter((visual) => visual === kind).length);
  if (per_text !== null && per_text.length !== prompts.length) {
    throw new InternVLError("INPUT_INVALID", {
      what: `There is not one list of ${kind}s for each text`,
      expected: `${prompts.length} lists`,
      got: String(per_text.length),
    });
  }
  per_text?.forEach((count, index) => {
    if (count !== asked[index]) throw countMismatch(kind, `text[${index}]`, asked[index]!, count);
  });
  const total = asked.reduce((sum, count) => sum + count, 0);
  if (total !== given) throw countMismatch(kind, "text", total, given);
}

/** Replaces the placeholders of a whole batch, in order, each kind by its own texts. */
export function expandPrompts(
  prompts: readonly Prompt[],
  texts: Readonly<Record<Visual, readonly string[]>>,
): string[] {
  const next = { image: 0, video: 0 };
  return prompts.map(({ pieces, visuals }) =>
    pieces
      .map((piece, index) => (index === 0 ? piece : texts[visuals[index - 1]!][next[visuals[index - 1]!]++]! + piece))
      .join(""),
  );
}

function countMismatch(kind: Visual, where: string, placeholders: number, given: number): InternVLError {
  const [tag, thing] = kind === "image" ? [IMAGE_TOKEN, "picture"] : [VIDEO_TOKEN, "video"];
  return new InternVLError("INPUT_INVALID", {
    what: `The number of ${kind}s does not fit the placeholders in ${where}`,
    expected: `${placeholders} ${kind}s for ${placeholders} ${tag} placeholders`,
    got: `${given} ${kind}s`,
    fix: `Write one ${tag} for each ${thing}. If a user typed the tag, use apply_chat_template with tokenize and escape_special_tokens.`,
  });
}
