import {
  InternVL2_5ForConditionalGeneration,
  InternVL2_5Processor,
  type Message,
  type PastKeyValues,
  type ProgressInfo,
} from "internvl";
import { isAbort, type StatusLine } from "internvl/convert-command";
import { type CommonOptions, generationOptions } from "../options.js";
import type { Answer } from "./answer.js";
import { AnswerStreamer } from "./answer-streamer.js";
import { demoCheckpoint } from "./demo.js";
import { LoadingReport } from "./loading.js";
import type { Picture } from "./picture.js";
import { Stopwatch } from "./stopwatch.js";

export interface AskOptions {
  signal: AbortSignal;
  /** Gets the answer piece by piece. */
  onText?: (text: string) => void;
}

/** A loaded model and how it is asked. It lives in a worker, so that Ctrl-C and the status line work meanwhile. */
export class Session {
  readonly isDemo: boolean;
  readonly #model: InternVL2_5ForConditionalGeneration;
  readonly #processor: InternVL2_5Processor;
  readonly #options: CommonOptions;
  readonly #status: StatusLine;
  /** What the model has read, so that a further question reads only what is new. */
  #read: { cache: PastKeyValues; pictures: readonly Picture[] } | undefined;

  private constructor(parts: {
    model: InternVL2_5ForConditionalGeneration;
    processor: InternVL2_5Processor;
    options: CommonOptions;
    status: StatusLine;
    isDemo: boolean;
  }) {
    this.#model = parts.model;
    this.#processor = parts.processor;
    this.#options = parts.options;
    this.#status = parts.status;
    this.isDemo = parts.isDemo;
  }

  static async open(options: CommonOptions, status: StatusLine, signal: AbortSignal): Promise<Session> {
    const { dtype, threads } = options;
    const name = options.model ?? demoCheckpoint();
    const loading = new LoadingReport(name, status);
    try {
      const calls = { signal, progress_callback: loading.report };
      // What is small and quick first: a model that is not there, or of another kind.
      const processor = await InternVL2_5Processor.from_pretrained(name, calls);
      const model = await InternVL2_5ForConditionalGeneration.from_pretrained(name, {
        ...calls,
        dtype,
        threads,
        worker: true,
      });
      return new Session({ model, processor, options, status, isDemo: options.model === undefined });
    } finally {
      loading.clear();
    }
  }

  /**
   * The answer to a conversation's last message. When the signal stops it, the answer so far.
   *
   * @param pictures of the whole conversation, one for each image block or `<image>`
   */
  async ask(messages: readonly Message[], pictures: readonly Picture[], options: AskOptions): Promise<Answer> {
    const { signal, onText } = options;
    const { system, template } = this.#options;
    const watch = new Stopwatch();
    this.#status.show("Reading the picture…");
    const conversation = system === undefined ? messages : [{ role: "system", content: system }, ...messages];
    const chat = { chat_template: template, add_generation_prompt: true };
    const inputs = await this.#processor({
      text: [this.#processor.apply_chat_template(conversation, chat)],
      images: pictures.map(({ image }) => image),
      max_tiles: this.#options.tiles,
      min_tiles: this.#options.minTiles,
      signal,
    });
    watch.preprocessed();

    const streamer = new AnswerStreamer(this.#processor, (text) => {
      this.#status.clear();
      onText?.(text);
    });
    const past_key_values = this.#cacheFor(inputs.input_ids, pictures);
    const cachedTokens = past_key_values.length;
    let tilesRead = 0;
    const progress_callback = (info: ProgressInfo) => {
      watch.report(info);
      if (info.stage === "vision") tilesRead = info.total ?? 0;
      this.#status.show(statusText(info));
    };
    const costs = () => ({
      text: streamer.text.trimEnd(),
      tiles: inputs.pixel_values?.dims[0] ?? 0,
      tilesRead,
      promptTokens: inputs.input_ids[0]!.length,
      cachedTokens,
      generatedTokens: streamer.count,
      seconds: watch.generated(),
    });
    const calls = { streamer, progress_callback, signal, past_key_values, return_dict_in_generate: true as const };
    try {
      const result = await this.#model.generate({ ...inputs, ...generationOptions(this.#options), ...calls });
      return { ...costs(), finishReason: result.finish_reasons[0]!, seed: result.seed };
    } catch (error) {
      if (!isAbort(error)) throw error;
      return { ...costs(), finishReason: "stopped" };
    } finally {
      this.#status.clear();
    }
  }

  close(): Promise<void> {
    this.#read?.cache.dispose();
    return this.#model.dispose();
  }

  /** A cache that holds the beginning of this prompt, as much of it as was read before. */
  #cacheFor(input_ids: readonly (readonly number[])[], pictures: readonly Picture[]): PastKeyValues {
    // The tokens of all pictures are alike: what was read is good only for the same ones.
    const isSame = this.#read?.pictures.every((picture, index) => picture === pictures[index]);
    if (!isSame) this.#read?.cache.dispose();
    const cache = isSame ? this.#read!.cache : this.#model.newCache(1);
    cache.crop(Math.min(cache.commonPrefix(input_ids), input_ids[0]!.length - 1));
    this.#read = { cache, pictures };
    return cache;
  }
}

function statusText({ stage, loaded, total = 0 }: ProgressInfo): string {
  if (stage === "vision") return `Looking at tile ${Math.min(loaded + 1, total)} of ${total}…`;
  if (stage === "prefill")
    return loaded === total ? "Thinking…" : `Reading the prompt, ${Math.floor((100 * loaded) / total)} %`;
  return "";
}
