import { InternVLError } from "@internvl/core";
import { CONTEXT_IMAGE_TOKEN, countPlaceholders, expandPlaceholders, IMAGE_TOKEN } from "./placeholders.js";

/** A text that waits for its pictures. */
export interface Prompt {
  text: string;
  placeholder: string;
  /** How many pictures it asks for. */
  num_images: number;
}

/**
 * Finds the placeholders: `<image>`, or in a text without it `<IMG_CONTEXT>`, as merged Transformers has it. Without
 * pictures `<IMG_CONTEXT>` is left alone, so that a prompt that is expanded already can be tokenised.
 *
 * @throws InternVLError `INPUT_INVALID` for a text that has both
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
    return tags > 0
      ? { text, placeholder: IMAGE_TOKEN, num_images: tags }
      : { text, placeholder: CONTEXT_IMAGE_TOKEN, num_images: contexts };
  });
}

/**
 * @param per_text pictures of each text, where the caller gave one list a text
 * @throws InternVLError `INPUT_INVALID` with both numbers
 */
export function checkCounts(prompts: readonly Prompt[], num_images: number, per_text: readonly number[] | null): void {
  if (per_text !== null && per_text.length !== prompts.length) {
    throw new InternVLError("INPUT_INVALID", {
      what: "There is not one list of images for each text",
      expected: `${prompts.length} lists`,
      got: String(per_text.length),
    });
  }
  per_text?.forEach((given, index) => {
    const asked = prompts[index]!.num_images;
    if (given !== asked) throw countMismatch(`text[${index}]`, asked, given);
  });
  const asked = prompts.reduce((total, prompt) => total + prompt.num_images, 0);
  if (asked !== num_images) throw countMismatch("text", asked, num_images);
}

/** Replaces the placeholders of a whole batch, in order. @param num_tokens context tokens of each picture */
export function expandPrompts(prompts: readonly Prompt[], num_tokens: readonly number[]): string[] {
  let next = 0;
  return prompts.map(({ text, placeholder, num_images }) => {
    const own = num_tokens.slice(next, next + num_images);
    next += num_images;
    return num_images === 0 ? text : expandPlaceholders(text, placeholder, own);
  });
}

function countMismatch(where: string, placeholders: number, images: number): InternVLError {
  return new InternVLError("INPUT_INVALID", {
    what: `The number of images does not fit the placeholders in ${where}`,
    expected: `${placeholders} images for ${placeholders} ${IMAGE_TOKEN} placeholders`,
    got: `${images} images`,
    fix: `Write one ${IMAGE_TOKEN} for each picture. If a user typed the tag, use apply_chat_template with tokenize and escape_special_tokens.`,
  });
}
