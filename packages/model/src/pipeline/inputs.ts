import { InternVLError } from "@internvl/core";
import type { Conversation, ImageInput } from "@internvl/processor";

/** Pictures and a text with their placeholders; several texts are one batch. */
export interface Prompt {
  images?: ImageInput | null;
  text: string | readonly string[];
}

/** One thing to answer, as the pipeline handles it. */
export type PipelineInput = { chat: Conversation } | { prompt: Prompt };

/** What a call was given: one input, or a list whose answers come as a list of lists. */
export interface PipelineInputs {
  single: boolean;
  inputs: readonly PipelineInput[];
}

/**
 * Tells the forms of a call apart, as Transformers' ImageTextToTextPipeline does: a chat or a list of chats (in either
 * place), `{ images, text }` or a list of them, pictures with a text beside them, a text alone, a list of texts.
 *
 * @param first the first argument of the call
 * @param beside `text` among its options
 * @throws InternVLError `INPUT_INVALID`
 */
export function readInputs(first: unknown, beside: unknown): PipelineInputs {
  const { images, text } = isPrompt(first) && beside === undefined ? first : { images: first, text: beside };
  if (isAbsent(images) && isAbsent(text)) throw invalid("The pipeline was called with nothing", "no chat, no text");
  if (isListOfObjects(text)) {
    if (isAbsent(images)) return readList(text);
    throw invalid(
      "Pictures were passed beside a chat",
      "images and a chat",
      "Put them into the chat: { type: 'image', url } among the content of a message.",
    );
  }
  if (isAbsent(text)) {
    if (isListOfObjects(images)) return readList(images);
    throw invalid("There are pictures and no text", "images alone", 'Pass { text: "<image>\\nDescribe this image." }.');
  }
  if (isAbsent(images) && isTexts(text) && typeof text !== "string") {
    return { single: false, inputs: text.map((one) => ({ prompt: { text: one } })) };
  }
  return { single: true, inputs: [{ prompt: toPrompt({ images, text }) }] };
}

/** One chat (a list of messages), several chats, or several prompts. */
function readList(list: readonly object[]): PipelineInputs {
  if (list.every(isMessage)) return { single: true, inputs: [{ chat: list }] };
  if (list.every((entry) => Array.isArray(entry))) {
    return { single: false, inputs: list.map((chat, index) => ({ chat: toChat(chat, index) })) };
  }
  if (list.every(isPrompt)) return { single: false, inputs: list.map((entry) => ({ prompt: toPrompt(entry) })) };
  throw invalid(
    "A list is neither a chat, nor a list of chats, nor a list of { images, text }",
    `${list.length} entries, the first with ${Object.keys(list[0]!).join(", ") || "no keys"}`,
    "Every message of a chat needs role and content.",
  );
}

function toChat(chat: unknown, index: number): Conversation {
  if (Array.isArray(chat) && chat.length > 0 && chat.every(isMessage)) return chat;
  throw invalid(
    `Chat ${index} is not a list of messages`,
    Array.isArray(chat) ? "an empty or mixed list" : typeof chat,
  );
}

function toPrompt({ images, text }: { images?: unknown; text?: unknown }): Prompt {
  if (isTexts(text)) return { images: images as ImageInput | null, text };
  throw invalid("A text is neither a string nor a list of strings", Array.isArray(text) ? "a list" : typeof text);
}

function invalid(what: string, got: string, fix?: string): InternVLError {
  const expected = "a chat, a list of chats, { images, text }, or images with a text";
  return new InternVLError("INPUT_INVALID", { what, expected, got, fix });
}

function isTexts(value: unknown): value is string | readonly string[] {
  return typeof value === "string" || (Array.isArray(value) && value.length > 0 && value.every(isString));
}

function isString(value: unknown): value is string {
  return typeof value === "string";
}

/** Whether this is a list of messages, of lists or of prompts; bytes and pictures are objects as well, and none of these. */
function isListOfObjects(value: unknown): value is readonly object[] {
  return Array.isArray(value) && value.length > 0 && value.every((entry) => isPlain(entry) || isChatList(entry));
}

function isChatList(value: unknown): boolean {
  return Array.isArray(value) && (value.length === 0 || value.some(isMessage));
}

function isMessage(value: unknown): value is Conversation[number] {
  return isPlain(value) && Object.hasOwn(value, "role") && Object.hasOwn(value, "content");
}

function isPrompt(value: unknown): value is { images?: unknown; text?: unknown } {
  return isPlain(value) && (Object.hasOwn(value, "text") || Object.hasOwn(value, "images"));
}

function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function isAbsent(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}
