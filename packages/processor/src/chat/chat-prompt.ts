import { InternVLError } from "@internvl/core";
import { expandPlaceholders } from "../processor/placeholders.js";
import type { Message } from "./conversation.js";
import { renderChatTemplate } from "./render.js";
import { resolveChatTemplate } from "./templates/index.js";

/** One past question and its answer. */
export type ChatTurn = readonly [question: string, answer: string];

export interface ChatPromptOptions {
  question: string;
  /** Past turns. Null is not the same as an empty list: only with null is `<image>` put in front. Default null. */
  history?: readonly ChatTurn[] | null;
  /** Tiles in `pixel_values`, all pictures together; null when there are no pixels. Default null. */
  num_tiles?: number | null;
  /** Tiles of each picture. Default: all tiles are one picture's. */
  num_patches_list?: readonly number[] | null;
  /** Tokens a tile. */
  num_image_token: number;
  /** Default: the original's. The empty string leaves an empty system block, as the original does. */
  system_message?: string;
  /** A template's name or text. Default `"original"`. */
  template?: string;
}

export interface ChatPrompt {
  /** The question as it goes into the history: with `<image>\n` where it was put in front. */
  question: string;
  /** With `<image>` for a picture. */
  prompt_before_image_expansion: string;
  /** With `<img>`, the context tokens and `</img>` in its place. */
  prompt: string;
}

/**
 * The prompt of `chat()` in OpenGVLab's `modeling_internvl_chat.py`.
 *
 * As there, `<image>\n` is put in front only when there are pixels, the history is null and the question has no tag; and
 * tags are replaced one by one: tags without a picture stay as text, pictures without a tag are not mentioned. (The model
 * then refuses features that no context token waits for.)
 *
 * @throws InternVLError `INPUT_INVALID` when `num_patches_list` does not add up to `num_tiles`, `TEMPLATE_INVALID`
 */
export function buildChatPrompt(options: ChatPromptOptions): ChatPrompt {
  const { history = null, num_tiles = null, num_image_token, system_message, template = "original" } = options;
  const num_patches_list = options.num_patches_list ?? (num_tiles === null ? [] : [num_tiles]);
  checkPatches(num_patches_list, num_tiles);

  const has_tag = options.question.includes("<image>");
  const question =
    history === null && num_tiles !== null && !has_tag ? `<image>\n${options.question}` : options.question;
  const messages: Message[] = (history ?? []).flatMap(([asked, answered]) => [
    { role: "user", content: asked },
    { role: "assistant", content: answered },
  ]);
  messages.push({ role: "user", content: question });

  const variables = {
    messages,
    add_generation_prompt: true,
    ...(system_message === undefined ? {} : { system_message }),
  };
  const before = renderChatTemplate(resolveChatTemplate(template), variables);
  const counts = num_patches_list.map((patches) => patches * num_image_token);
  return { question, prompt_before_image_expansion: before, prompt: expandPlaceholders(before, "<image>", counts) };
}

/** As the original asserts; without pixels it does not look at the list. */
function checkPatches(num_patches_list: readonly number[], num_tiles: number | null): void {
  const sum = num_patches_list.reduce((total, patches) => total + patches, 0);
  if (num_tiles === null || sum === num_tiles) return;
  throw new InternVLError("INPUT_INVALID", {
    what: "num_patches_list does not add up to the tiles in pixel_values",
    expected: `a sum of ${num_tiles}`,
    got: `${sum} (${num_patches_list.join(" + ")})`,
    fix: "Give one number of tiles for each picture, the thumbnail counted.",
  });
}
