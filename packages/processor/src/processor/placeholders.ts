/** What stands around and for the features of a picture. Ids of these come from the tokenizer. */
export const START_IMAGE_TOKEN = "<img>";
export const END_IMAGE_TOKEN = "</img>";
export const CONTEXT_IMAGE_TOKEN = "<IMG_CONTEXT>";
/** What a text holds for a picture before it is expanded. No token of its own. */
export const IMAGE_TOKEN = "<image>";
export const VIDEO_TOKEN = "<video>";

/** The tokens of one picture: `<img>`, the context tokens, `</img>`. */
export function imageTokens(num_tokens: number): string {
  return START_IMAGE_TOKEN + CONTEXT_IMAGE_TOKEN.repeat(num_tokens) + END_IMAGE_TOKEN;
}

/**
 * Replaces placeholders from left to right, each by the tokens of its picture. Placeholders beyond the list stay, as
 * entries beyond the placeholders are not used: who calls compares the counts where that matters.
 *
 * @param num_tokens context tokens of each picture
 */
export function expandPlaceholders(text: string, placeholder: string, num_tokens: readonly number[]): string {
  const pieces = text.split(placeholder);
  const last = pieces.length - 1;
  return pieces
    .map((piece, index) => {
      if (index === last) return piece;
      const count = num_tokens[index];
      return piece + (count === undefined ? placeholder : imageTokens(count));
    })
    .join("");
}

/**
 * One line a frame, as merged Transformers writes a video: `Frame1: <img>…</img>`.
 *
 * @param num_tokens context tokens of each frame
 */
export function videoTokens(num_tokens: readonly number[]): string {
  return num_tokens.map((count, index) => `Frame${index + 1}: ${imageTokens(count)}`).join("\n");
}

export function countPlaceholders(text: string, placeholder: string): number {
  return text.split(placeholder).length - 1;
}
