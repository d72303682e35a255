import { InternVLError } from "@internvl/core";
import type { Conversation, Message } from "./conversation.js";
import { renderChatTemplate } from "./render.js";
import type { ChatTemplate } from "./templates/index.js";

/** What apply_chat_template takes to render a conversation. */
export interface RenderOptions {
  /** `"seed"`, `"script"`, `"original"`, or the text of a Jinja template. Default: the processor's own. */
  chat_template?: string;
  /** Ends the text where the assistant's answer begins. Default false. */
  add_generation_prompt?: boolean;
  /** Leaves the last message open, so that the model goes on writing it. Default false. */
  continue_final_message?: boolean;
  /** Functions that the model may call, as JSON schemas; for templates that know `tools`. */
  tools?: readonly object[];
  /** For templates that know `documents`. */
  documents?: readonly object[];
  /** More variables for the template, `system_message` of the original's for instance. */
  template_kwargs?: Readonly<Record<string, unknown>>;
}

/**
 * Renders one normalised conversation.
 *
 * @param special_tokens `bos_token`, `eos_token`, … as templates know them
 * @throws InternVLError `TEMPLATE_INVALID`, `INPUT_INVALID` for options that exclude each other
 */
export function renderConversation(
  template: ChatTemplate,
  messages: readonly Message[],
  options: RenderOptions,
  special_tokens: Readonly<Record<string, string>>,
): string {
  const { add_generation_prompt = false, continue_final_message = false, tools, documents, template_kwargs } = options;
  if (add_generation_prompt && continue_final_message) {
    throw new InternVLError("INPUT_INVALID", {
      what: "add_generation_prompt and continue_final_message exclude each other",
      fix: "Continue the last message, or begin a new one.",
    });
  }
  const shown = messages.map(withoutMedia);
  const rendered = renderChatTemplate(template, {
    ...special_tokens,
    messages: shown,
    tools: tools ?? null,
    documents: documents ?? null,
    add_generation_prompt,
    ...template_kwargs,
  });
  return continue_final_message ? cutAfterFinalMessage(rendered, shown) : rendered;
}

/** Whether this is one conversation (or none) and not a batch of them. */
export function isSingle(conversation: Conversation | readonly Conversation[]): conversation is Conversation {
  return !Array.isArray(conversation[0]);
}

/** A template sees that there is a picture, not its pixels: every byte would become an object of the interpreter. */
function withoutMedia(message: Message): Message {
  if (!Array.isArray(message.content)) return message;
  const content = message.content.map((block) =>
    block.type === "image" || block.type === "video"
      ? {
          type: block.type,
          ...Object.fromEntries(Object.entries(block).filter(([, value]) => typeof value === "string")),
        }
      : block,
  );
  return { ...message, content };
}

/** As Transformers does it: everything after the last occurrence of the last message's text is cut off. */
function cutAfterFinalMessage(rendered: string, messages: readonly Message[]): string {
  const content = messages.at(-1)?.content;
  const last = Array.isArray(content) ? content.findLast((block) => block.type === "text")?.text : content;
  const text = typeof last === "string" ? last : "";
  const place = text.trim() === "" ? -1 : rendered.lastIndexOf(text.trim());
  if (place === -1) {
    throw new InternVLError("INPUT_INVALID", {
      what: "continue_final_message does not find the text of the last message in the prompt",
      expected: "a last message with text that the template does not change",
      fix: "Pass add_generation_prompt instead, or another chat_template.",
    });
  }
  // Templates may trim messages; then the trimmed text is where the prompt ends.
  const start = place - (text.length - text.trimStart().length);
  return rendered.startsWith(text, start)
    ? rendered.slice(0, start + text.length)
    : rendered.slice(0, place + text.trim().length);
}
