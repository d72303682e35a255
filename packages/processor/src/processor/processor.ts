import {
  Callable,
  type FileSink,
  InternVLError,
  type ModelFiles,
  openModel,
  openSink,
  type Runtime,
  type Tensor,
  writeFile,
} from "@internvl/core";
import {
  type ImageProcessorOptions,
  InternVL2_5ImageProcessor,
  InternVL2_5VideoProcessor,
} from "@internvl/image-processor";
import { isSingle, renderConversation } from "../chat/apply.js";
import { type Conversation, imagesOf, type Message, normalizeConversation, videosOf } from "../chat/conversation.js";
import { SpecialTokenEscape } from "../chat/escape.js";
import { type ChatTemplate, resolveChatTemplate } from "../chat/templates/index.js";
import { AutoTokenizer } from "../tokenizer/auto-tokenizer.js";
import type { DecodeOptions, TokenIds, Tokenizer } from "../tokenizer/types.js";
import { buildInputs } from "./build-inputs.js";
import { readChatTemplate, readProcessorConfig } from "./folder.js";
import { flattenImages } from "./image-list.js";
import type {
  ApplyChatTemplateOptions,
  ImageSize,
  MultimodalTokens,
  ProcessorInputs,
  ProcessorOptions,
  ProcessorOutput,
  ProcessorPretrainedOptions,
} from "./options.js";
import { CONTEXT_IMAGE_TOKEN, END_IMAGE_TOKEN, IMAGE_TOKEN, START_IMAGE_TOKEN, VIDEO_TOKEN } from "./placeholders.js";
import { splitVisualOptions } from "./split-options.js";
import { flattenVideos } from "./video-list.js";

// Instances can be called; Callable makes the call.
export interface InternVL2_5Processor {
  (inputs: ProcessorInputs & { return_tensors: "ort" }): Promise<ProcessorOutput<Tensor>>;
  (inputs: ProcessorInputs & { return_tensors?: null }): Promise<ProcessorOutput>;
}

/**
 * Makes of texts, pictures and videos what the model takes.
 *
 * ```ts
 * const processor = await InternVL2_5Processor.from_pretrained(model);
 * const inputs = await processor({ text: "<image>\nDescribe this image.", images: "photo.jpg" });
 * ```
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the interface above says that instances can be called.
export class InternVL2_5Processor extends Callable<[ProcessorInputs], Promise<ProcessorOutput<number[][] | Tensor>>> {
  readonly image_processor: InternVL2_5ImageProcessor;
  readonly video_processor: InternVL2_5VideoProcessor;
  readonly tokenizer: Tokenizer;
  /** Tokens a tile. */
  readonly image_seq_length: number;
  /** The template of `apply_chat_template`, and where it comes from. */
  readonly chat_template: ChatTemplate;
  readonly image_token: string = CONTEXT_IMAGE_TOKEN;
  readonly start_image_token: string = START_IMAGE_TOKEN;
  readonly end_image_token: string = END_IMAGE_TOKEN;
  readonly video_token: string = VIDEO_TOKEN;
  readonly image_token_id: number;
  readonly start_image_token_id: number;
  readonly end_image_token_id: number;

  /** @throws InternVLError `TOKENIZER_INVALID` when the tokenizer lacks `<img>`, `</img>` or `<IMG_CONTEXT>` */
  constructor(image_processor: InternVL2_5ImageProcessor, tokenizer: Tokenizer, options: ProcessorOptions = {}) {
    super();
    const { image_seq_length, chat_template = "seed", video_processor } = options;
    this.image_processor = image_processor;
    this.video_processor = video_processor ?? videoProcessorLike(image_processor);
    this.tokenizer = tokenizer;
    this.image_seq_length = image_seq_length ?? image_processor.num_image_token;
    this.chat_template = typeof chat_template === "string" ? resolveChatTemplate(chat_template) : chat_template;
    this.image_token_id = specialTokenId(tokenizer, this.image_token);
    this.start_image_token_id = specialTokenId(tokenizer, this.start_image_token);
    this.end_image_token_id = specialTokenId(tokenizer, this.end_image_token);
  }

  /**
   * Reads an original checkpoint's folder, one of merged Transformers, or one that `save_pretrained` wrote.
   *
   * @throws InternVLError `FILE_NOT_FOUND`, `FILE_INVALID`, `TOKENIZER_INVALID`, `INPUT_INVALID`, `UNSUPPORTED`
   */
  static async from_pretrained(
    model: string | ModelFiles,
    options: ProcessorPretrainedOptions = {},
  ): Promise<InternVL2_5Processor> {
    const { chat_template, ...opening } = options;
    const files = await openModel(model, opening);
    const config = await readProcessorConfig(files, opening);
    const tokenizer = await AutoTokenizer.from_pretrained(files, opening);
    // The merged processor cuts pictures into tiles whatever its image processor's file says.
    const settings: ImageProcessorOptions =
      config["processor_class"] === "InternVLProcessor" ? { crop_to_patches: true } : {};
    const image_processor = await InternVL2_5ImageProcessor.from_pretrained(files, { ...opening, ...settings });
    const video_processor = await InternVL2_5VideoProcessor.from_pretrained(files, withoutTiles(opening));
    const { image_seq_length } = config;
    return new InternVL2_5Processor(image_processor, tokenizer, {
      video_processor,
      chat_template: chat_template ?? (await readChatTemplate(files, config, tokenizer, opening)),
      ...(typeof image_seq_length === "number" ? { image_seq_length } : {}),
    });
  }

  /** Writes processor_config.json, chat_template.jinja and the files of the image processor and the tokenizer. */
  async save_pretrained(target: string | FileSink, options: { runtime?: Runtime } = {}): Promise<void> {
    const sink = await openSink(target, options);
    const config = { image_seq_length: this.image_seq_length, processor_class: "InternVL2_5Processor" };
    await this.image_processor.save_pretrained(sink);
    await this.video_processor.save_pretrained(sink);
    await this.tokenizer.save_pretrained(sink);
    await writeFile(sink, "chat_template.jinja", this.chat_template.text);
    await writeFile(sink, "processor_config.json", `${JSON.stringify(config, null, 2)}\n`);
  }

  /** The tokenizer's inputs, then the image processor's. */
  get model_input_names(): string[] {
    return [...this.tokenizer.model_input_names, ...this.image_processor.model_input_names];
  }

  /** The id of `<video>` in tokenizers that have it, null in the others. */
  get video_token_id(): number | null {
    return this.tokenizer.convert_tokens_to_ids(this.video_token);
  }

  /**
   * @throws InternVLError `INPUT_INVALID` (no text, counts that differ, a setting), `PROMPT_TOO_LONG` (truncation that
   * would cut a picture), what `load_image` throws, `ABORTED`
   */
  _call(inputs: ProcessorInputs = {}): Promise<ProcessorOutput<number[][] | Tensor>> {
    return buildInputs(this, inputs, (text) =>
      this.tokenizer.encode(text, { add_special_tokens: addsSpecialTokens(inputs) }),
    );
  }

  /**
   * Renders a conversation, or several. With `tokenize` the text becomes token ids, with `return_dict` beside it
   * everything that the model takes; then the pictures and videos that blocks name are loaded. A conversation that comes from
   * outside can name any path or URL: check it first.
   *
   * @throws InternVLError `INPUT_INVALID`, `TEMPLATE_INVALID`, what a call throws
   */
  apply_chat_template(conversation: Conversation, options?: ApplyChatTemplateOptions & { tokenize?: false }): string;
  apply_chat_template(
    conversation: readonly Conversation[],
    options?: ApplyChatTemplateOptions & { tokenize?: false },
  ): string[];
  apply_chat_template(
    conversation: Conversation | readonly Conversation[],
    options: ApplyChatTemplateOptions & { tokenize: true; return_dict: true; return_tensors: "ort" },
  ): Promise<ProcessorOutput<Tensor>>;
  apply_chat_template(
    conversation: Conversation | readonly Conversation[],
    options: ApplyChatTemplateOptions & { tokenize: true; return_dict: true; return_tensors?: null },
  ): Promise<ProcessorOutput>;
  apply_chat_template(
    conversation: Conversation | readonly Conversation[],
    options: ApplyChatTemplateOptions & { tokenize: true; return_dict?: false; return_tensors: "ort" },
  ): Promise<Tensor>;
  apply_chat_template(
    conversation: Conversation | readonly Conversation[],
    options: ApplyChatTemplateOptions & { tokenize: true; return_dict?: false; return_tensors?: null },
  ): Promise<number[][]>;
  apply_chat_template(
    conversation: Conversation | readonly Conversation[],
    options: ApplyChatTemplateOptions = {},
  ): string | string[] | Promise<ProcessorOutput<number[][] | Tensor> | number[][] | Tensor> {
    const single = isSingle(conversation);
    const conversations = (single ? [conversation] : conversation).map(normalizeConversation);
    if (options.tokenize) return this.tokenizeConversations(conversations, options);
    if (options.escape_special_tokens) {
      throw new InternVLError("INPUT_INVALID", {
        what: "A text cannot say which of its special tokens are plain text",
        expected: "tokenize: true beside escape_special_tokens",
        got: "tokenize: false",
      });
    }
    const texts = conversations.map((messages) => this.render(messages, options));
    return single ? texts[0]! : texts;
  }

  decode(ids: TokenIds, options?: DecodeOptions): string {
    return this.tokenizer.decode(ids, options);
  }

  batch_decode(sequences: readonly TokenIds[] | Tensor, options?: DecodeOptions): string[] {
    return this.tokenizer.batch_decode(sequences, options);
  }

  /** `batch_decode` that leaves special tokens out unless told otherwise. */
  post_process_image_text_to_text(outputs: readonly TokenIds[] | Tensor, options: DecodeOptions = {}): string[] {
    return this.tokenizer.batch_decode(outputs, { skip_special_tokens: true, ...options });
  }

  /** What pictures of these sizes will cost, without having them. */
  get_num_multimodal_tokens(image_sizes: readonly ImageSize[], options: ImageProcessorOptions = {}): MultimodalTokens {
    const num_image_patches = image_sizes.map(([height, width]) =>
      this.image_processor.get_number_of_image_patches(height, width, options),
    );
    return {
      num_image_patches,
      num_image_tokens: num_image_patches.map((patches) => 2 + patches * this.image_seq_length),
    };
  }

  private async tokenizeConversations(
    conversations: readonly Message[][],
    options: ApplyChatTemplateOptions,
  ): Promise<ProcessorOutput<number[][] | Tensor> | number[][] | Tensor> {
    const { chat_template, add_generation_prompt, continue_final_message, tools, documents, template_kwargs, ...rest } =
      options;
    const { tokenize, return_dict, escape_special_tokens, images, videos, ...kwargs } = rest;
    const pictures = fillGaps(conversations.flatMap(imagesOf), flattenImages(images).images);
    const films = fillGaps(conversations.flatMap(videosOf), flattenVideos(videos).videos);

    const escaping = escape_special_tokens ? this.escapeFor(conversations, options) : null;
    const text = conversations.map((messages) => this.render(escaping?.apply(messages) ?? messages, options));
    const inputs: ProcessorInputs = { ...kwargs, text, images: pictures, videos: films };
    const outputs = await (escaping === null
      ? this._call(inputs)
      : buildInputs(this, inputs, (marked) =>
          escaping.encode(this.tokenizer, marked, { add_special_tokens: addsSpecialTokens(inputs) }),
        ));
    return return_dict ? outputs : outputs.input_ids;
  }

  private escapeFor(conversations: readonly Message[][], options: ApplyChatTemplateOptions): SpecialTokenEscape {
    const tokens = [...Object.keys(this.tokenizer.added_tokens_encoder), IMAGE_TOKEN, CONTEXT_IMAGE_TOKEN, VIDEO_TOKEN];
    return new SpecialTokenEscape(
      tokens,
      conversations.map((messages) => this.render(messages, options)),
    );
  }

  private render(messages: readonly Message[], options: ApplyChatTemplateOptions): string {
    const { bos_token, eos_token, pad_token } = this.tokenizer;
    const named = Object.entries({ bos_token, eos_token, pad_token }).filter(([, token]) => token !== null);
    const template =
      options.chat_template === undefined ? this.chat_template : resolveChatTemplate(options.chat_template);
    return renderConversation(template, messages, options, Object.fromEntries(named) as Record<string, string>);
  }
}

/** What blocks name, with what was passed beside them in the gaps and behind. */
function fillGaps<Source>(named: readonly (Source | null)[], passed: readonly Source[]): Source[] {
  const rest = [...passed];
  const filled = named.flatMap((source) => (source === null ? rest.splice(0, 1) : [source]));
  return [...filled, ...rest];
}

/** The image processor's settings, one tile a frame. */
function videoProcessorLike(image_processor: InternVL2_5ImageProcessor): InternVL2_5VideoProcessor {
  return new InternVL2_5VideoProcessor({ ...image_processor.settings(), crop_to_patches: false });
}

/** Options of `from_pretrained` that say how pictures are cut do not concern videos. */
function withoutTiles(options: ProcessorPretrainedOptions): ProcessorPretrainedOptions {
  return splitVisualOptions(options).videos as ProcessorPretrainedOptions;
}

function addsSpecialTokens(inputs: ProcessorInputs): boolean {
  return inputs.text_kwargs?.add_special_tokens ?? inputs.add_special_tokens ?? true;
}

function specialTokenId(tokenizer: Tokenizer, token: string): number {
  const id = tokenizer.convert_tokens_to_ids(token);
  if (id !== null) return id;
  throw new InternVLError("TOKENIZER_INVALID", {
    what: `The tokenizer has no token ${token}`,
    expected: `${START_IMAGE_TOKEN}, ${END_IMAGE_TOKEN} and ${CONTEXT_IMAGE_TOKEN} among its added tokens`,
    got: `${tokenizer.length} tokens without it`,
    fix: "Use the tokenizer of an InternVL checkpoint; a plain language model's does not have these tokens.",
  });
}
