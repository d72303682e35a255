import { InternVLError } from "@internvl/core";
import type { Conversation, ProcessorKwargs, ProcessorOutput } from "@internvl/processor";
import type { ImageTextToTextProcessor } from "../auto/interfaces.js";
import type { PipelineInput, Prompt } from "./inputs.js";
import { type ImageTextToTextOptions, TEMPLATE_OPTION_NAMES } from "./options.js";

/** An input as rows of ids with their pixels. A list of texts is several rows. */
export type Prepared = ProcessorOutput;

/** Whether the last message is one that the answer goes on with. */
export function continuesFinalMessage(chat: Conversation, { continue_final_message }: ImageTextToTextOptions): boolean {
  return continue_final_message ?? chat.at(-1)?.role === "assistant";
}

/** One input through the processor. @throws InternVLError `INPUT_INVALID`, and what the processor throws */
export async function prepare(
  processor: ImageTextToTextProcessor,
  input: PipelineInput,
  options: ImageTextToTextOptions,
): Promise<Prepared> {
  const kwargs = processorKwargs(options);
  return "chat" in input
    ? prepareChat(processor, input.chat, options, kwargs)
    : preparePrompt(processor, input.prompt, options, kwargs);
}

function prepareChat(
  processor: ImageTextToTextProcessor,
  chat: Conversation,
  options: ImageTextToTextOptions,
  kwargs: ProcessorKwargs,
): Promise<Prepared> {
  const continue_final_message = continuesFinalMessage(chat, options);
  if (continue_final_message) assertEndsWithText(chat);
  const template = Object.fromEntries(TEMPLATE_OPTION_NAMES.map((name) => [name, options[name]]));
  return processor.apply_chat_template(chat, {
    ...kwargs,
    ...template,
    continue_final_message,
    add_generation_prompt: !continue_final_message,
    tokenize: true,
    return_dict: true,
    return_tensors: null,
  });
}

/** There must be a text that the answer can be added to. Found out before it is generated. */
function assertEndsWithText(chat: Conversation): void {
  const content = chat.at(-1)?.content;
  const block = Array.isArray(content) ? content.at(-1) : content;
  if (typeof block === "string" || block?.type === "text") return;
  throw new InternVLError("INPUT_INVALID", {
    what: "The last message cannot be continued",
    expected: "one that ends with a text",
    got: block === undefined || block === null ? "no content" : `a block of type ${block.type}`,
    fix: "Pass continue_final_message: false.",
  });
}

function preparePrompt(
  processor: ImageTextToTextProcessor,
  { images, text }: Prompt,
  options: ImageTextToTextOptions,
  kwargs: ProcessorKwargs,
): Promise<Prepared> {
  const forChats = [...TEMPLATE_OPTION_NAMES, "continue_final_message"] as const;
  const given = forChats.find((name) => options[name] !== undefined);
  if (given !== undefined) {
    throw new InternVLError("INPUT_INVALID", {
      what: `"${given}" is an option for chats`,
      got: "a text, which is read as it is",
      fix: "Pass the chat itself instead of its text.",
    });
  }
  const padding = typeof text === "string" || text.length === 1 ? {} : { padding: true };
  return processor({ ...padding, ...kwargs, text, images, return_tensors: null });
}

/** What is left for the processor when the pipeline has taken its own. */
function processorKwargs(options: ImageTextToTextOptions): ProcessorKwargs {
  const own: Record<keyof Own, true> = {
    max_new_tokens: true,
    generate_kwargs: true,
    stop_sequence: true,
    return_full_text: true,
    return_tensors: true,
    continue_final_message: true,
    skip_special_tokens: true,
    clean_up_tokenization_spaces: true,
    batch_size: true,
    processor_kwargs: true,
    streamer: true,
    chat_template: true,
    tools: true,
    documents: true,
    template_kwargs: true,
    escape_special_tokens: true,
  };
  const rest = Object.entries(options).filter(([name]) => !Object.hasOwn(own, name));
  return { ...Object.fromEntries(rest), ...options.processor_kwargs };
}

type Own = Omit<ImageTextToTextOptions, keyof ProcessorKwargs> & Pick<ImageTextToTextOptions, "return_tensors">;
