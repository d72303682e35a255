import { Callable, InternVLError } from "@internvl/core";
import type { Conversation, ImageInput, Message } from "@internvl/processor";
import type { ImageTextToTextModel, ImageTextToTextProcessor } from "../auto/interfaces.js";
import { collate } from "./collate.js";
import { type PipelineInput, type Prompt, readInputs } from "./inputs.js";
import { type GenerateKwargs, generateKwargs, type ImageTextToTextOptions } from "./options.js";
import {
  type GeneratedRow,
  type ImageTextToTextOutput,
  type TextOutput,
  type TokenOutput,
  toOutputs,
} from "./outputs.js";
import { type Prepared, prepare } from "./prepare.js";

/** The kind of output that options ask for. `Full`: a text with its input in front. */
export type OutputOf<Options, Full> = Options extends { return_tensors: true }
  ? TokenOutput
  : TextOutput<Options extends { return_full_text: false } ? string : Full>;

// Instances can be called; Callable makes the call.
export interface ImageTextToTextPipeline {
  /** A chat: one output, the chat with the assistant's answer. */
  <Options extends ImageTextToTextOptions>(
    chat: Conversation,
    options?: Options,
  ): Promise<OutputOf<Options, Message[]>[]>;
  /** Several chats: a list of outputs for each. */
  <Options extends ImageTextToTextOptions>(
    chats: readonly Conversation[],
    options?: Options,
  ): Promise<OutputOf<Options, Message[]>[][]>;
  /** A list of texts alone: a list of outputs for each. */
  <Options extends ImageTextToTextOptions>(
    texts: { text: readonly string[]; images?: null },
    options?: Options,
  ): Promise<OutputOf<Options, string>[][]>;
  /** A chat under its name in Transformers' call. */
  <Options extends ImageTextToTextOptions>(
    chat: { text: Conversation },
    options?: Options,
  ): Promise<OutputOf<Options, Message[]>[]>;
  /** Pictures with the text that places them: `<image>` for each. */
  <Options extends ImageTextToTextOptions>(prompt: Prompt, options?: Options): Promise<OutputOf<Options, string>[]>;
  <Options extends ImageTextToTextOptions>(
    prompts: readonly Prompt[],
    options?: Options,
  ): Promise<OutputOf<Options, string>[][]>;
  <Options extends ImageTextToTextOptions>(
    images: ImageInput | null,
    options: Options & { text: Prompt["text"] },
  ): Promise<OutputOf<Options, string>[]>;
}

/** What a pipeline consists of. */
export interface PipelineParts {
  model: ImageTextToTextModel;
  processor: ImageTextToTextProcessor;
  /** Options of `generate` for all calls. */
  generate_kwargs?: GenerateKwargs;
  /** Options of all calls; those of a call win. */
  defaults?: ImageTextToTextOptions;
}

/** Questions about pictures answered in one call. `pipeline("image-text-to-text", model)` makes one. */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the interface above says that instances can be called.
export class ImageTextToTextPipeline extends Callable<
  [inputs: unknown, options?: ImageTextToTextOptions & { text?: unknown }],
  Promise<ImageTextToTextOutput[] | ImageTextToTextOutput[][]>
> {
  readonly task: string = "image-text-to-text";
  readonly model: ImageTextToTextModel;
  readonly processor: ImageTextToTextProcessor;
  readonly #generate_kwargs: GenerateKwargs;
  readonly #defaults: ImageTextToTextOptions;

  constructor({ model, processor, generate_kwargs = {}, defaults = {} }: PipelineParts) {
    super();
    this.model = model;
    this.processor = processor;
    this.#generate_kwargs = generate_kwargs;
    this.#defaults = defaults;
  }

  /**
   * @throws InternVLError `INPUT_INVALID` (a form that is none, options that exclude each other), and what the processor
   *   and `generate` throw
   */
  async _call(
    first: unknown,
    call_options: ImageTextToTextOptions & { text?: unknown } = {},
  ): Promise<ImageTextToTextOutput[] | ImageTextToTextOutput[][]> {
    const { text, ...given } = call_options;
    const options: ImageTextToTextOptions = { ...this.#defaults, ...given };
    const streamer = options.streamer ?? options.generate_kwargs?.streamer;
    let batches: PipelineInput[][];
    let single: boolean;
    let kwargs: GenerateKwargs;
    try {
      const read = readInputs(first, text);
      single = read.single;
      checkOptions(options);
      kwargs = generateKwargs(options, this.#generate_kwargs, this.model.generation_config);
      batches = chunks(read.inputs, options.batch_size ?? 1);
      if (streamer !== undefined && read.inputs.length > 1) throw oneAtATime(read.inputs.length);
    } catch (error) {
      // Who reads the stream would wait for ever for an answer that never begins.
      streamer?.fail?.(error);
      throw error;
    }
    const outputs: ImageTextToTextOutput[][] = [];
    let next: Promise<Prepared[]> | undefined;
    for (const [index, batch] of batches.entries()) {
      const prepared = await (next ?? this.#prepare(batch, options, kwargs));
      const following = batches[index + 1];
      // A model in this thread would only be kept waiting.
      next = this.model.inWorker && following ? this.#prepare(following, options, kwargs) : undefined;
      // What is wrong with it is told in its turn.
      next?.catch(() => {});
      outputs.push(...(await this.#answer(batch, prepared, options, kwargs)));
    }
    return single ? outputs[0]! : outputs;
  }

  /** Gives the memory of the model back, also when it was loaded elsewhere and passed in. */
  dispose(): Promise<void> {
    return this.model.dispose();
  }

  async #prepare(
    inputs: readonly PipelineInput[],
    options: ImageTextToTextOptions,
    kwargs: GenerateKwargs,
  ): Promise<Prepared[]> {
    const prepared: Prepared[] = [];
    try {
      for (const input of inputs) prepared.push(await prepare(this.processor, input, options));
    } catch (error) {
      kwargs.streamer?.fail?.(error);
      throw error;
    }
    return prepared;
  }

  async #answer(
    inputs: readonly PipelineInput[],
    prepared: readonly Prepared[],
    options: ImageTextToTextOptions,
    kwargs: GenerateKwargs,
  ): Promise<ImageTextToTextOutput[][]> {
    const { signal, progress_callback } = options;
    const batch = collate(prepared, this.processor.tokenizer.pad_token_id);
    const result = await this.model.generate({
      ...batch,
      ...kwargs,
      signal,
      progress_callback,
      return_dict_in_generate: true,
    });
    result.past_key_values?.dispose();
    const candidates = result.sequences.length / batch.input_ids.length;
    const rows = result.sequences.map((sequence, index): GeneratedRow => {
      const mask = batch.attention_mask[Math.floor(index / candidates)]!;
      const answer = sequence.slice(mask.length, mask.length + result.generated_tokens[index]!);
      return { prompt: sequence.slice(0, mask.length).filter((_, position) => mask[position] !== 0), answer };
    });
    let at = 0;
    return inputs.map((input, index) => {
      const first = at;
      at += prepared[index]!.input_ids.length * candidates;
      return toOutputs(this.processor, input, rows.slice(first, at), options);
    });
  }
}

function checkOptions({ return_full_text, return_tensors, batch_size = 1 }: ImageTextToTextOptions): void {
  if (return_full_text !== undefined && return_tensors) {
    throw new InternVLError("INPUT_INVALID", {
      what: "return_full_text and return_tensors exclude each other",
      fix: "Leave one out: ids always hold the prompt too.",
    });
  }
  if (!Number.isSafeInteger(batch_size) || batch_size < 1) {
    throw new InternVLError("INPUT_INVALID", {
      what: "batch_size cannot be",
      expected: "a whole number of at least 1",
      got: String(batch_size),
    });
  }
}

function oneAtATime(inputs: number): InternVLError {
  return new InternVLError("INPUT_INVALID", {
    what: "A streamer hears one answer",
    expected: "one input",
    got: `a list of ${inputs}`,
    fix: "Call the pipeline for each input with a streamer of its own.",
  });
}

function chunks<Value>(values: readonly Value[], size: number): Value[][] {
  return Array.from({ length: Math.ceil(values.length / size) }, (_, index) =>
    values.slice(index * size, (index + 1) * size),
  );
}
