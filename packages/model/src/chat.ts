import { InternVLError, type Tensor } from "@internvl/core";
import { slice_prompt } from "@internvl/generation";
import {
  buildChatPrompt,
  type ChatPrompt,
  type ChatTurn,
  type InternVL2_5Processor,
  type Tokenizer,
} from "@internvl/processor";
import type { GenerateArguments, InternVL2_5ForConditionalGeneration } from "./model.js";
import { reportingTo } from "./streaming.js";

/**
 * What `generation_config` may hold in `chat`: generation options, a streamer, a signal, and the prompt's own. With the
 * `past_key_values` of the turns before, only what they do not have is read; it is cropped to what fits the history.
 */
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
 * `return_history`. Say `Image-1: <image>\nImage-2: <image>\n…` in the question to place several pictures (`imagePrefix`).
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
  const built = reportingTo(options.streamer, () =>
    buildChatPrompt({
      question,
      history,
      num_tiles: pixel_values === null ? null : pixel_values.dims[0]!,
      num_patches_list,
      num_image_token: model.config.num_image_token,
      system_message,
      template,
    }),
  );
  const [answer] = (await answers(model, processor, pixel_values, [built], options)) as [string];
  return return_history ? [answer, [...(history ?? []), [built.question, answer]]] : answer;
}

/** The arguments of `batch_chat`, in the original's order. */
export type BatchChatArguments = [
  processor: InternVL2_5Processor | Tokenizer,
  /** float32 `[tiles, 3, size, size]`: the tiles of each question's picture, one question after another; or null. */
  pixel_values: Tensor | null,
  questions: readonly string[],
  generation_config?: ChatOptions,
  /** Tiles of each question's picture. Needed where there are pixels. */
  num_patches_list?: readonly number[] | null,
  /** Always null: the original has no conversations of several turns here. */
  history?: null,
  /** Always false, for the same reason. */
  return_history?: false,
];

/**
 * `InternVLChatModel.batch_chat` of the same file: the answers to several questions at once, each with one picture.
 * Where there are pixels, `<image>\n` is put before every question without a tag. Prompts are padded on the left.
 *
 * @throws InternVLError `INPUT_INVALID` (counts that differ), `UNSUPPORTED` (a history)
 */
export async function batchChat(
  model: InternVL2_5ForConditionalGeneration,
  processor: InternVL2_5Processor | Tokenizer,
  pixel_values: Tensor | null,
  questions: readonly string[],
  generation_config: ChatOptions = {},
  num_patches_list: readonly number[] | null = null,
  history: null = null,
  return_history: false = false,
): Promise<string[]> {
  const { system_message, template, ...options } = generation_config;
  const built = reportingTo(options.streamer, () => {
    // Typed away, but programs may not be typed.
    if (history !== null || return_history) throw noTurns();
    checkCounts(questions, pixel_values, num_patches_list);
    return questions.map((question, index) => {
      const patches = num_patches_list?.[index];
      return buildChatPrompt({
        question,
        num_tiles: pixel_values === null ? null : patches,
        num_patches_list: patches === undefined ? null : [patches],
        num_image_token: model.config.num_image_token,
        system_message,
        template,
      });
    });
  });
  return answers(model, processor, pixel_values, built, options);
}

/** Generates, and cuts each text at the end of its turn. */
async function answers(
  model: InternVL2_5ForConditionalGeneration,
  processor: InternVL2_5Processor | Tokenizer,
  pixel_values: Tensor | null,
  prompts: readonly ChatPrompt[],
  options: Omit<ChatOptions, "system_message" | "template">,
): Promise<string[]> {
  const tokenizer = "tokenizer" in processor ? processor.tokenizer : processor;
  const { input_ids, attention_mask } = tokenizer(
    prompts.map(({ prompt }) => prompt),
    { padding: prompts.length > 1, padding_side: "left" },
  );
  // Tokenised again, an answer may have other ids than those that were generated. One token must be left to read.
  const { past_key_values } = options;
  past_key_values?.crop(Math.min(past_key_values.commonPrefix(input_ids), input_ids[0]!.length - 1));
  const sequences = await model.generate({
    ...options,
    return_dict_in_generate: undefined,
    input_ids,
    attention_mask,
    pixel_values: pixel_values ?? undefined,
    eos_token_id: tokenizer.convert_tokens_to_ids(END_OF_TURN),
  });
  const texts = tokenizer.batch_decode(slice_prompt(sequences, input_ids), { skip_special_tokens: true });
  return texts.map((text) => text.split(END_OF_TURN)[0]!.trim());
}

function checkCounts(
  questions: readonly string[],
  pixel_values: Tensor | null,
  num_patches_list: readonly number[] | null,
): void {
  const tiles = pixel_values?.dims[0] ?? 0;
  const sum = (num_patches_list ?? []).reduce((total, patches) => total + patches, 0);
  const fits = num_patches_list === null ? pixel_values === null : num_patches_list.length === questions.length;
  if (questions.length > 0 && fits && (pixel_values === null || sum === tiles)) return;
  throw new InternVLError("INPUT_INVALID", {
    what: "num_patches_list does not fit the questions and the tiles in pixel_values",
    expected: `a number of tiles for each question${pixel_values === null ? "" : `, ${tiles} in all`}`,
    got: `${questions.length} questions and ${num_patches_list === null ? "no list" : `[${num_patches_list.join(", ")}]`}`,
    fix: "Give the tiles of each question's picture, the thumbnail counted.",
  });
}

function noTurns(): InternVLError {
  return new InternVLError("UNSUPPORTED", {
    what: "batch_chat has no conversations of several turns, as in the original",
    fix: "Call chat for each conversation, or give several chats to pipeline.",
  });
}

/** `template.sep` of the original. */
const END_OF_TURN = "<|im_end|>";
