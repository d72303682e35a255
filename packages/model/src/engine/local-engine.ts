import { contextLength, type InternVL2_5Config } from "@internvl/config";
import { InternVLError, isAbort, type LongCallOptions, Tensor } from "@internvl/core";
import {
  type GenerateTokensResult,
  type GenerationOptions,
  generateTokens,
  type TokenDecoder,
} from "@internvl/generation";
import { reportingTo } from "../streaming.js";
import { type CacheOptions, KeyValueCache } from "./cache.js";
import { type CacheShape, shapeOf } from "./cache-shape.js";
import type { Decoder } from "./decoder.js";
import type { TokenEmbeddings } from "./embeddings.js";
import type {
  Engine,
  EngineParts,
  ForwardInputs,
  ForwardOutput,
  GenerateInputs,
  GenerateResult,
  ModelInputs,
} from "./engine.js";
import { sharingRules } from "./grouping.js";
import { placeFeatures, placeTiles, type TilePlaces } from "./image-places.js";
import { assertPixelValues, assertTokenIds, positionsOf, toRows } from "./inputs.js";
import type { NextTokenLoss } from "./loss.js";
import { assertBeginning, claim, fittingCache, maskOver } from "./past.js";
import type { PastKeyValues } from "./past-key-values.js";
import { columnsFrom } from "./positions.js";
import { PromptReader } from "./prompt-reader.js";
import type { CacheStats, Reuse } from "./reuse.js";
import { Scheduler } from "./scheduler.js";
import type { Encoded, VisionEncoder } from "./vision.js";

export interface LocalParts extends Omit<EngineParts, "cache_dtype"> {
  config: InternVL2_5Config;
  vision: VisionEncoder;
  embeddings: TokenEmbeddings;
  decoder: Decoder;
  reuse: Reuse;
  /** Loads what turns ids into text; only `stop_strings` asks for it. */
  stopTextDecoder: () => Promise<TokenDecoder>;
}

/** The model over sessions of this thread. */
export class LocalEngine implements Engine {
  readonly inWorker = false;
  readonly dtype: EngineParts["dtype"];
  readonly prompt_dtype: EngineParts["prompt_dtype"];
  readonly cache_dtype: EngineParts["cache_dtype"];
  readonly devices: EngineParts["devices"];
  readonly #parts: LocalParts;
  readonly #cacheShape: CacheShape;
  readonly #scheduler: Scheduler;
  readonly #prompts: PromptReader;
  #disposed = false;

  constructor(parts: LocalParts) {
    this.dtype = parts.dtype;
    this.prompt_dtype = parts.prompt_dtype;
    this.cache_dtype = parts.decoder.cache_dtype;
    this.devices = parts.devices;
    this.#parts = parts;
    const { text_config } = parts.config;
    this.#cacheShape = shapeOf({ ...text_config, cache_dtype: this.cache_dtype });
    const rules = sharingRules(parts.dtype.decoder_model_merged, parts.prompt_dtype, text_config);
    this.#prompts = new PromptReader(parts);
    this.#scheduler = new Scheduler({ ...parts, ...rules, vocab_size: text_config.vocab_size });
  }

  async forward(inputs: ForwardInputs): Promise<ForwardOutput> {
    this.#assertUsable();
    const input_ids = toRows(inputs.input_ids, "input_ids");
    const { past_key_values } = inputs;
    const cache = past_key_values
      ? fittingCache(past_key_values, this.#cacheShape, input_ids.length)
      : this.newCache(input_ids.length);
    const release = claim(cache);
    try {
      return await this.#forward(inputs, input_ids, cache);
    } finally {
      release();
    }
  }

  async getImageFeatures(pixel_values: Tensor, options?: LongCallOptions): Promise<Tensor> {
    this.#assertUsable();
    assertPixelValues(pixel_values, this.#parts.config.image_size);
    return this.#encodeAll(pixel_values, options);
  }

  async generate(inputs: GenerateInputs, options: GenerationOptions): Promise<GenerateResult> {
    const { input_ids, cache, release } = reportingTo(inputs.streamer, () => {
      this.#assertUsable();
      const input_ids = toRows(inputs.input_ids, "input_ids");
      assertLength(input_ids[0]!.length, contextLength(this.#parts.config.text_config));
      assertChunk(inputs.prefill_chunk_size);
      const cache = this.#cacheFor(inputs, options, input_ids);
      return { input_ids, cache, release: claim(cache) };
    });
    let kept: PastKeyValues | undefined = inputs.past_key_values;
    try {
      const result = await this.#generate(inputs, options, input_ids, cache);
      this.#parts.reuse.keep(cache);
      if (!options.return_dict_in_generate || (options.num_beams ?? 1) > 1) return result;
      kept = cache;
      return { ...result, past_key_values: cache };
    } catch (error) {
      if (isAbort(error)) this.#parts.reuse.keep(cache);
      throw error;
    } finally {
      release();
      if (cache !== kept) cache.dispose();
    }
  }

  newCache(batch_size: number, options?: CacheOptions): KeyValueCache {
    this.#assertUsable();
    return new KeyValueCache(batch_size, this.#cacheShape, options);
  }

  async loadCache(bytes: Uint8Array): Promise<KeyValueCache> {
    this.#assertUsable();
    return KeyValueCache.load(bytes, this.#cacheShape);
  }

  async cacheStats(): Promise<CacheStats> {
    this.#assertUsable();
    return this.#parts.reuse.stats;
  }

  async clearCaches(): Promise<void> {
    this.#assertUsable();
    this.#parts.reuse.clear();
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    const { vision, embeddings, decoder, reuse } = this.#parts;
    reuse.close();
    await Promise.all([vision.release(), embeddings.release(), decoder.release()]);
  }

  /** The cache of a `generate` call: the caller's, a fork of it where there will be other rows, or a new one. */
  #cacheFor(inputs: GenerateInputs, options: GenerationOptions, input_ids: number[][]): KeyValueCache {
    if (inputs.past_key_values === undefined) return this.newCache(input_ids.length);
    const given = fittingCache(inputs.past_key_values, this.#cacheShape, input_ids.length);
    assertBeginning(given, input_ids);
    const { num_beams, num_return_sequences } = options;
    return (num_beams ?? 1) > 1 || (num_return_sequences ?? 1) > 1 ? given.fork() : given;
  }

  async #forward(inputs: ForwardInputs, input_ids: number[][], cache: KeyValueCache): Promise<ForwardOutput> {
    const past = cache.length;
    const { pixel_values, inputs_embeds, position_ids, output_hidden_states, signal, progress_callback } = inputs;
    assertChunk(inputs.prefill_chunk_size);
    const loss = await this.#loss(inputs, [input_ids.length, input_ids[0]!.length]);
    const places = this.#placeTiles(inputs, input_ids, 0);
    const mask = maskOver(cache, inputs.attention_mask, past + input_ids[0]!.length);
    const vision = pixel_values && (await this.#encode(pixel_values, inputs));
    // A copy: the caller's tensor is not ours to write image features into.
    const embeddings = inputs_embeds
      ? new Tensor("float32", (inputs_embeds.data as Float32Array).slice(), inputs_embeds.dims)
      : await this.#parts.embeddings.lookUp(input_ids, signal);
    if (vision) placeFeatures(embeddings, places, vision.features, ({ tile }) => tile);
    const { logits, hidden_states } = await this.#parts.decoder.read({
      embeddings,
      positions: position_ids ? toRows(position_ids, "position_ids") : columnsFrom(past, positionsOf(mask)),
      visible: columnsFrom(past, mask),
      tokens: inputs_embeds ? undefined : input_ids,
      cache,
      logits_to_keep: inputs.logits_to_keep ?? 0,
      spare: Number.POSITIVE_INFINITY,
      prefill_chunk_size: inputs.prefill_chunk_size,
      output_hidden_states,
      onLogits: loss && ((piece, start) => loss.add(piece, start)),
      signal,
      progress_callback,
    });
    return {
      ...(loss && { loss: loss.value }),
      logits,
      past_key_values: cache,
      image_hidden_states: vision?.features,
      ...(output_hidden_states && { hidden_states, vision_hidden_states: vision?.hidden_states }),
    };
  }

  /** States between the layers are not kept, so tiles are encoded anew for them. */
  async #encode(pixel_values: Tensor, inputs: ForwardInputs): Promise<Encoded> {
    if (inputs.output_hidden_states) return this.#parts.vision.encode(pixel_values, inputs);
    return { features: await this.#encodeAll(pixel_values, inputs) };
  }

  async #encodeAll(pixel_values: Tensor, options: LongCallOptions = {}): Promise<Tensor> {
    const { reuse, vision } = this.#parts;
    const tiles = [...new Array(pixel_values.dims[0]!).keys()];
    return reuse.encode(vision, { pixel_values, tiles, known: await reuse.know(pixel_values, tiles) }, options);
  }

  async #loss(
    { labels, loss_weight }: ForwardInputs,
    shape: readonly [number, number],
  ): Promise<NextTokenLoss | undefined> {
    if (labels !== undefined) {
      // By itself, so that a page which only answers does not load it.
      const { NextTokenLoss } = await import("./loss.js");
      return new NextTokenLoss({ labels, loss_weight }, shape, this.#parts.config.text_config.vocab_size);
    }
    if (loss_weight === undefined) return undefined;
    throw new InternVLError("INPUT_INVALID", {
      what: "loss_weight says how much each label counts, and there are no labels",
      fix: "Pass labels as well.",
    });
  }

  async #generate(
    inputs: GenerateInputs,
    options: GenerationOptions,
    input_ids: number[][],
    cache: KeyValueCache,
  ): Promise<GenerateTokensResult> {
    const { config, reuse, stopTextDecoder } = this.#parts;
    const { signal, streamer, logits_processor, stopping_criteria } = inputs;
    const { attention_mask, places } = reportingTo(streamer, () => ({
      places: this.#placeTiles(inputs, input_ids, cache.length),
      attention_mask: maskOver(cache, inputs.attention_mask, input_ids[0]!.length),
    }));
    const positions = attention_mask.map((row) => row.reduce((sum, visible) => sum + visible, 0));
    const limited = capped(options, input_ids[0]!.length, contextLength(config.text_config));
    const spare = mostNewTokens(limited, input_ids[0]!.length);
    const prompt = { input_ids, attention_mask, places, cache, spare };
    const given = cache === inputs.past_key_values;
    const keep = given || options.return_dict_in_generate === true || reuse.keepsPrefixes;
    const steps = this.#scheduler.writer({ cache, positions, spare, keep });
    try {
      return await generateTokens({
        ...limited,
        input_ids,
        attention_mask,
        first_logits: () => this.#scheduler.reading((turns) => this.#prompts.read(inputs, prompt, turns), signal),
        model: steps,
        streamer,
        logits_processor,
        stopping_criteria,
        decoder: options.stop_strings ? await stopTextDecoder() : undefined,
        signal,
      });
    } finally {
      steps.end();
    }
  }

  /** Checks ids and pictures, before anything is computed. */
  #placeTiles(inputs: ModelInputs, input_ids: readonly (readonly number[])[], past: number): TilePlaces[] {
    const { image_token_id, num_image_token: tokensPerTile, text_config, image_size } = this.#parts.config;
    const { pixel_values, image_flags: flags } = inputs;
    assertTokenIds(input_ids, text_config.vocab_size);
    if (pixel_values !== undefined) assertPixelValues(pixel_values, image_size);
    assertTiles(inputs);
    const tiles = pixel_values?.dims[0];
    return placeTiles({ input_ids, past, image_token_id, tokensPerTile, tiles, flags });
  }

  #assertUsable(): void {
    if (!this.#disposed) return;
    throw new InternVLError("RELEASED", { what: "The model was disposed of", fix: "Load it again." });
  }
}

/** An answer ends where the context does. */
function capped(options: GenerationOptions, promptLength: number, context: number): GenerationOptions {
  const room = context - promptLength;
  const { max_new_tokens, max_length } = options;
  if (max_new_tokens != null) return { ...options, max_new_tokens: Math.min(max_new_tokens, room) };
  if (max_length != null) return { ...options, max_length: Math.min(max_length, context) };
  return options;
}

/** How long an answer may get, where that is said. */
function mostNewTokens({ max_new_tokens, max_length }: GenerationOptions, promptLength: number): number {
  return Math.max(1, max_new_tokens ?? (max_length ?? Number.POSITIVE_INFINITY) - promptLength);
}

function assertTiles({ pixel_values, num_patches, image_flags }: ModelInputs): void {
  const tiles = pixel_values?.dims[0] ?? 0;
  const sum = num_patches?.reduce((total, count) => total + count, 0);
  if (sum !== undefined && sum !== tiles) {
    throw new InternVLError("INPUT_INVALID", {
      what: "num_patches does not fit pixel_values",
      expected: `a sum of ${tiles} tiles`,
      got: `${sum} (${num_patches!.join(" + ")})`,
    });
  }
  if (image_flags !== undefined && image_flags.length !== tiles) {
    throw new InternVLError("INPUT_INVALID", {
      what: "image_flags does not fit pixel_values",
      expected: `${tiles} flags, one a tile`,
      got: String(image_flags.length),
    });
  }
}

function assertLength(length: number, context: number): void {
  if (length < context) return;
  throw new InternVLError("PROMPT_TOO_LONG", {
    what: "The prompt is longer than what the model can read",
    expected: `fewer than ${context} tokens, with room for an answer`,
    got: String(length),
    fix: "Send fewer pictures, fewer tiles a picture (max_tiles), or less text.",
  });
}

function assertChunk(size: number | null | undefined): void {
  if (size == null || (Number.isSafeInteger(size) && size > 0)) return;
  throw new InternVLError("INPUT_INVALID", {
    what: "prefill_chunk_size cannot be",
    expected: "an integer of at least 1",
    got: String(size),
  });
}
