import { type JsonObject, type ModelFiles, type PretrainedOptions, readJsonObject, readText } from "@internvl/core";
import { renderConversation } from "../chat/apply.js";
import { type ChatTemplate, resolveChatTemplate } from "../chat/templates/index.js";
import type { Tokenizer } from "../tokenizer/types.js";
import { CONTEXT_IMAGE_TOKEN, countPlaceholders, IMAGE_TOKEN } from "./placeholders.js";

/** processor_config.json, or an empty object where there is none. */
export async function readProcessorConfig(files: ModelFiles, options: PretrainedOptions): Promise<JsonObject> {
  const path = "processor_config.json";
  return (await files.has(path)) ? readJsonObject(files, path, options) : {};
}

/**
 * The folder's chat template: chat_template.jinja, chat_template.json, the field of processor_config.json, the field of
 * tokenizer_config.json; the first that exists, else the default.
 *
 * The last counts only when it knows picture blocks. OpenGVLab's folders carry the language model's own template there,
 * which joins strings and fails on a list of blocks.
 */
export async function readChatTemplate(
  files: ModelFiles,
  config: JsonObject,
  tokenizer: Tokenizer,
  options: PretrainedOptions,
): Promise<ChatTemplate> {
  const named = (path: string, text: string): ChatTemplate => ({ name: `${path} of ${files.name}`, text });
  if (await files.has("chat_template.jinja")) {
    return named("chat_template.jinja", await readText(files, "chat_template.jinja", options));
  }
  if (await files.has("chat_template.json")) {
    const { chat_template } = await readJsonObject(files, "chat_template.json", options);
    if (typeof chat_template === "string") return named("chat_template.json", chat_template);
  }
  const { chat_template } = config;
  if (typeof chat_template === "string") return named("processor_config.json", chat_template);
  if (tokenizer.chat_template !== null) {
    const template = named("tokenizer_config.json", tokenizer.chat_template);
    if (knowsPictures(template)) return template;
  }
  return resolveChatTemplate("seed");
}

/** Renders a picture and a text, and looks for both. */
function knowsPictures(template: ChatTemplate): boolean {
  const probe = { role: "user", content: [{ type: "image" }, { type: "text", text: "a picture?" }] };
  try {
    const text = renderConversation(template, [probe], {}, {});
    const pictures = countPlaceholders(text, IMAGE_TOKEN) + countPlaceholders(text, CONTEXT_IMAGE_TOKEN);
    return pictures === 1 && text.includes("a picture?");
  } catch {
    return false;
  }
}
