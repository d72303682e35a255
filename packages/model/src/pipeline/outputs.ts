import type { Conversation, Message, TextBlock } from "@internvl/processor";
import type { ImageTextToTextProcessor } from "../auto/interfaces.js";
import type { PipelineInput } from "./inputs.js";
import type { ImageTextToTextOptions } from "./options.js";
import { continuesFinalMessage } from "./prepare.js";

/** One answer as text. */
export interface TextOutput<Text = string | Message[]> {
  /** The text or the chat that was asked. */
  input_text: string | Conversation;
  /**
   * With the input in front (`return_full_text`, the default): text and answer, or the chat with the answer as its last
   * message. Without: the answer.
   */
  generated_text: Text;
}

/** One answer as ids, with `return_tensors`. */
export interface TokenOutput {
  input_text: string | Conversation;
  /** The prompt's and the answer's, without the padding of a batch. */
  generated_token_ids: number[];
}

export type ImageTextToTextOutput = TextOutput | TokenOutput;

/** One row of a generation. */
export interface GeneratedRow {
  /** Ids of the prompt, without padding. */
  prompt: readonly number[];
  /** Ids of the answer, without padding. */
  answer: readonly number[];
}

/** The answers to one input: one a row. */
export function toOutputs(
  processor: ImageTextToTextProcessor,
  input: PipelineInput,
  rows: readonly GeneratedRow[],
  options: ImageTextToTextOptions,
): ImageTextToTextOutput[] {
  const texts: readonly (string | Conversation)[] = "chat" in input ? [input.chat] : [input.prompt.text].flat();
  const each = rows.length / texts.length;
  return rows.map((row, index) => {
    const input_text = texts[Math.floor(index / each)]!;
    if (options.return_tensors) return { input_text, generated_token_ids: [...row.prompt, ...row.answer] };
    const answer = answerText(processor, row, options);
    if (options.return_full_text === false) return { input_text, generated_text: answer };
    if (typeof input_text === "string") return { input_text, generated_text: input_text + answer };
    const generated_text = continuesFinalMessage(input_text, options)
      ? appendToLast(input_text, answer)
      : [...input_text, { role: "assistant", content: answer }];
    return { input_text, generated_text };
  });
}

/**
 * The answer's text, found as Transformers finds it: prompt and answer are decoded together and the prompt's own text is
 * taken away, so that what decoding does between two tokens (a space, a character of several) is done here too. Where
 * the whole does not begin with the prompt's text, up to two characters aside, the answer's ids are decoded alone
 * (Transformers gives the whole).
 */
function answerText(
  processor: ImageTextToTextProcessor,
  { prompt, answer }: GeneratedRow,
  { skip_special_tokens = true, clean_up_tokenization_spaces }: ImageTextToTextOptions,
): string {
  const cleaning = clean_up_tokenization_spaces === undefined ? {} : { clean_up_tokenization_spaces };
  const [whole, before, alone] = processor.post_process_image_text_to_text([[...prompt, ...answer], prompt, answer], {
    skip_special_tokens,
    ...cleaning,
  }) as [string, string, string];
  const start = whole.indexOf(before);
  return start >= 0 && start <= 2 ? whole.slice(start + before.length) : alone;
}

/** The chat with the answer at the end of its last message. The caller's objects stay as they are. */
function appendToLast(chat: Conversation, answer: string): Message[] {
  const last = chat.at(-1)!;
  const before = chat.slice(0, -1);
  if (typeof last.content === "string") return [...before, { ...last, content: last.content + answer }];
  // `prepare` has seen to it that this is a text.
  const block = last.content.at(-1) as TextBlock;
  const content = [...last.content.slice(0, -1), { ...block, text: block.text + answer }];
  return [...before, { ...last, content }];
}
