import {
  type CacheDtype,
  type Dtype,
  GenerationConfig,
  type GraphDtypes,
  type GraphName,
  InternVL2_5Config,
} from "@internvl/config";
import {
  type DeviceChoice,
  InternVLError,
  type LongCallOptions,
  type ModelFiles,
  openModel,
  type Runtime,
  resolveRuntime,
  type Tensor,
} from "@internvl/core";
import type { GenerationOptions, WarningCallback } from "@internvl/generation";
import type { ChatTurn } from "@internvl/processor";
import { splitArguments } from "./arguments.js";
import { type BatchChatArguments, batchChat, type ChatArguments, chat } from "./chat.js";
import type { CacheOptions } from "./engine/cache.js";
import type { Engine, ForwardInputs, ForwardOutput, GenerateInputs, GenerateResult } from "./engine/engine.js";
import type { PastKeyValues } from "./engine/past-key-values.js";
import type { CacheStats } from "./engine/reuse.js";
import { convertedFiles, type LoadOptions, loadEngine, placeFolder } from "./loading.js";
import { reportingTo } from "./streaming.js";
import type { ModelSource } from "./worker/messages.js";

export interface ModelOptions extends LoadOptions {
  /**
   * Runs the whole model in a thread of its own, with the same methods. onnxruntime-node blocks the thread that it
   * runs in, for over a second a tile; a server, a spinner or a stop button needs this.
   */
  worker?: boolean;
}

/** Everything `generate` takes, in one object as in Transformers: `model.generate({ ...inputs, max_new_tokens: 128 })`. */
export interface GenerateArguments extends GenerateInputs, GenerationOptions {
  /** Defaults for this call, instead of the model's generation_config.json. Options beside it win. */
  generation_config?: GenerationConfig | GenerationOptions;
  /** Hears of options that do nothing as they stand, which Transformers logs. Default: nobody does. */
  warning_callback?: WarningCallback;
}

/**
 * InternVL 2.5: InternViT, a projector and a language model (Chen et al. 2024, arXiv:2412.05271).
 *
 * ```ts
 * const model = await InternVL2_5ForConditionalGeneration.from_pretrained("./InternVL2_5-1B-ONNX");
 * const output_ids = await model.generate({ ...inputs, max_new_tokens: 128 });
 * await model.dispose();
 * ```
 */
export class InternVL2_5ForConditionalGeneration {
  readonly config: InternVL2_5Config;
  readonly generation_config: GenerationConfig;
  readonly #engine: Engine;

  constructor(parts: { config: InternVL2_5Config; generation_config: GenerationConfig; engine: Engine }) {
    this.config = parts.config;
    this.generation_config = parts.generation_config;
    this.#engine = parts.engine;
  }

  /** The variant of each graph that was loaded. */
  get dtype(): GraphDtypes {
    return this.#engine.dtype;
  }

  /** The decoder's variant that reads the prompts of `generate`: that of `dtype`, unless `prompt_dtype` asked for another. */
  get prompt_dtype(): Dtype {
    return this.#engine.prompt_dtype;
  }

  /**
   * What keys and values are stored in: `"float32"`, or `"float16"` where the folder was converted so
   * (`internvl-convert --cache_dtype float16`).
   */
  get cache_dtype(): CacheDtype {
    return this.#engine.cache_dtype;
  }

  /** Whether the model runs in a thread of its own (`{ worker: true }`). */
  get inWorker(): boolean {
    return this.#engine.inWorker;
  }

  /** Where each graph runs, and why there: `model.devices.vision_encoder.reason`. */
  get devices(): Readonly<Record<GraphName, DeviceChoice>> {
    return this.#engine.devices;
  }

  /**
   * Loads a folder that `internvl-convert` wrote, or a checkpoint, which is converted once into a cache where the runtime
   * does that (`internvl` in Node).
   *
   * @throws InternVLError `FILE_NOT_FOUND` (no such folder, not converted, a dtype that it does not have),
   *   `UNSUPPORTED` (a device that is not there, a dtype that the device does not run), `CONFIG_INVALID`, `GRAPH_INVALID`, and what downloading and converting throw
   */
  static async from_pretrained(
    model: string | ModelFiles,
    options: ModelOptions = {},
  ): Promise<InternVL2_5ForConditionalGeneration> {
    const source = await openModel(model, options);
    // The thread downloads and converts as well, so that this one stays free; what follows finds the result.
    const remote = options.worker ? await startWorker(model, { ...options, worker: false }) : undefined;
    try {
      const files = await convertedFiles(source, options);
      const config = await InternVL2_5Config.from_pretrained(files, options);
      const generation_config = (await files.has("generation_config.json"))
        ? await GenerationConfig.from_pretrained(files, options)
        : GenerationConfig.from_model_config(config);
      const engine = remote ?? (await loadEngine(files, config, await placeFolder(files, options), options));
      return new InternVL2_5ForConditionalGeneration({ config, generation_config, engine });
    } catch (error) {
      await remote?.dispose();
      throw error;
    }
  }

  /** Logits of every position (or of the last `logits_to_keep`), and the cache to go on with. */
  forward(inputs: ForwardInputs): Promise<ForwardOutput> {
    return this.#engine.forward(inputs);
  }

  /** float32 `[tiles, 3, size, size]` -> float32 `[tiles, tokens, hidden]`, in the language model's width. */
  get_image_features(pixel_values: Tensor, options?: LongCallOptions): Promise<Tensor> {
    return this.#engine.getImageFeatures(pixel_values, options);
  }

  /** The original code's name of `get_image_features`. */
  extract_feature(pixel_values: Tensor, options?: LongCallOptions): Promise<Tensor> {
    return this.get_image_features(pixel_values, options);
  }

  /**
   * Token ids, prompt included, one row a prompt, padded at the end to one length. A row that has finished stays as it
   * is while others go on.
   *
   * With `return_dict_in_generate` an object with more: why each row ended, scores, the seed, and `past_key_values`, the
   * cache to go on with, which is the caller's to dispose of.
   *
   * @throws AbortedError with the sequences so far in `partial`
   */
  async generate(args: GenerateArguments & { return_dict_in_generate: true }): Promise<GenerateResult>;
  async generate(args: GenerateArguments): Promise<number[][]>;
  async generate(args: GenerateArguments): Promise<number[][] | GenerateResult> {
    const { inputs, options } = reportingTo(args.streamer, () => splitArguments(args, this.generation_config));
    const result = await this.#engine.generate(inputs, options);
    return options.return_dict_in_generate ? result : result.sequences;
  }

  /**
   * An empty cache of `batch_size` rows for `past_key_values`, in the thread that runs the model. Without a worker this is
   * `new KeyValueCache(batch_size, { ...model.config.text_config, cache_dtype: model.cache_dtype })`.
   */
  newCache(batch_size: number = 1, options?: CacheOptions): PastKeyValues {
    return this.#engine.newCache(batch_size, options);
  }

  /**
   * A cache that was saved with this model.
   *
   * @throws InternVLError `FILE_INVALID` (no saved cache, cut off, changed), `INPUT_INVALID` (another model's)
   */
  loadCache(bytes: Uint8Array): Promise<PastKeyValues> {
    return this.#engine.loadCache(bytes);
  }

  /** `chat()` of the original code: a question about pictures, with the turns before it. See `chat.ts`. */
  async chat(...args: ChatArguments): Promise<string | [string, ChatTurn[]]> {
    return chat(this, ...args);
  }

  /** `batch_chat()` of the original code: several questions at once, each with a picture. See `chat.ts`. */
  async batch_chat(...args: BatchChatArguments): Promise<string[]> {
    return batchChat(this, ...args);
  }

  /** What is kept of earlier calls (`feature_cache` and `prefix_cache` of `from_pretrained`), and how often it was of use. */
  cacheStats(): Promise<CacheStats> {
    return this.#engine.cacheStats();
  }

  /** Forgets earlier calls, and gives the memory of what was kept of them back. */
  clearCaches(): Promise<void> {
    return this.#engine.clearCaches();
  }

  /** Gives the memory of the model back. Safe to call twice; everything else afterwards is an error. */
  dispose(): Promise<void> {
    return this.#engine.dispose();
  }
}

async function startWorker(model: string | ModelFiles, options: ModelOptions): Promise<Engine> {
  const runtime = resolveRuntime(options.runtime);
  const source = await sourceElsewhere(runtime, model);
  if (runtime.spawnModelWorker === undefined || source === undefined) {
    throw new InternVLError("UNSUPPORTED", {
      what: "{ worker: true } needs a model that another thread can find, and a runtime that has threads",
      got: source === undefined ? "files that only this thread has" : `the runtime "${runtime.name}", which has none`,
      fix: 'Import from "internvl", which brings the worker, and pass a name or chosen files; or leave out { worker: true }.',
    });
  }
  // A worker has no use for this side of one, and loads less without.
  const { WorkerEngine } = await import("./worker/client.js");
  return WorkerEngine.start(await runtime.spawnModelWorker(), source, options);
}

/** What a worker opens the model from; undefined when it cannot. */
async function sourceElsewhere({ files }: Runtime, model: string | ModelFiles): Promise<ModelSource | undefined> {
  if (typeof model === "string") return { name: (await files.nameElsewhere?.(model)) ?? model };
  return files.reopen === undefined || model.portable === undefined ? undefined : { portable: model.portable };
}
