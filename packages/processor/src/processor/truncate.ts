import { InternVLError } from "@internvl/core";
import { truncateRows } from "../tokenizer/batch.js";

/**
 * Cuts rows at their end, but never through or before a picture: the model would get features that no token waits for.
 *
 * @param image_ids the ids of `<img>`, `<IMG_CONTEXT>` and `</img>`
 * @throws InternVLError `PROMPT_TOO_LONG`
 */
export function truncatePrompts(
  rows: readonly number[][],
  max_length: number,
  image_ids: ReadonlySet<number>,
): number[][] {
  for (const [index, row] of rows.entries()) {
    const last_image = row.findLastIndex((id) => image_ids.has(id));
    if (last_image < max_length) continue;
    const image_tokens = row.filter((id) => image_ids.has(id)).length;
    throw new InternVLError("PROMPT_TOO_LONG", {
      what: `text[${index}] cannot be truncated without cutting a picture`,
      expected: `at most ${max_length} tokens up to the end of the last picture`,
      got: `${last_image + 1} of ${row.length} tokens, of which ${image_tokens} are pictures'`,
      fix: "Use fewer pictures or fewer tiles (max_tiles), put pictures before long texts, or raise max_length.",
    });
  }
  return truncateRows(rows, max_length);
}
