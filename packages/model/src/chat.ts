import type { Tensor } from "@internvl/core";
import { slice_prompt } from "@internvl/generation";
import { buildChatPrompt, type ChatTurn, type InternVL2_5Processor, type Tokenizer } from "@internvl/processor";
import type { GenerateArguments, InternVL2_5ForConditionalGeneration } from "./model.js";

/** What `generation_config` may hold in `chat`: generation options, a streamer, a signal, and the prompt's own. */
export interface ChatOptions extends Omit<GenerateArguments, "input_ids" | "attention_mask" | "pixel_values"> {
  /** Default: the original's. */
  system_message?: string;
  /** A chat template's name or text. Default `"original"`. */
  template?: string;
}

/** The arguments of `chat`, in the original's order. */
export type ChatArguments = [
  processor: InternVL2_5Processor | Tokenizer,
  /** float32 `[tiles, 3, size, size]` of all pictures of the conversation, or null. */
  pixel_values: Tensor | null,
  question: string,
  generation_config?: ChatOptions,
  /** Past turns. Null (the default) puts `<image>\n` before a question without a tag; an empty list does not. */
  history?: readonly ChatTurn[] | null,
  return_history?: boolean,
  /** Tiles of each picture. Default: all tiles are one picture's. */
  num_patches_list?: readonly number[] | null,
];

/**
 * `InternVLChatModel.chat` of OpenGVLab's `modeling_internvl_chat.py`: the answer, or answer and history with
 * `return_history`. Say `Image-1: <image>\nImage-2: <image>\n…` in the question to place several pictures.
 */
export async function chat(
  model: InternVL2_5ForConditionalGeneration,
  processor: InternVL2_5Processor | Tokenizer,
  pixel_values: Tensor | null,
  question: string,
  generation_config: ChatOptions = {},
  history: readonly ChatTurn[] | null = null,
  return_history: boolean = false,
  num_patches_list: readonly number[] | null = null,
): Promise<string | [string, ChatTurn[]]> {
  const { system_message, template, ...options } = generation_config;
  const tokenizer = "tokenizer" in processor ? processor.tokenizer : processor;
  const built = buildChatPrompt({
    question,
    history,
    num_tiles: pixel_values === null ? null : pixel_values.dims[0]!,
    num_patches_list,
    num_image_token: model.config.num_image_token,
    system_message,
    template,
  });
  const input_ids = [tokenizer.encode(built.prompt)];
  const sequences = await model.generate({
    ...options,
    return_dict_in_generate: undefined,
    input_ids,
    pixel_values: pixel_values ?? undefined,
    eos_token_id: tokenizer.convert_tokens_to_ids(END_OF_TURN),
  });
  const [text] = tokenizer.batch_decode(slice_prompt(sequences, input_ids), { skip_special_tokens: true });
  const answer = text!.split(END_OF_TURN)[0]!.trim();
  return return_history ? [answer, [...(history ?? []), [built.question, answer]]] : answer;
}

/** `template.sep` of the original. */
const END_OF_TURN = "<|im_end|>";
