import { contextLength, type InternVL2_5Config } from "@internvl/config";
import { InternVLError, type LongCallOptions, Tensor } from "@internvl/core";
import { type GenerationOptions, generateTokens, type TokenDecoder } from "@internvl/generation";
import { reportingTo } from "../streaming.js";
import { KeyValueCache } from "./cache.js";
import type { CacheShape } from "./cache-shape.js";
import type { Decoder } from "./decoder.js";
import { placeImageFeatures, type TokenEmbeddings } from "./embeddings.js";
import type { Engine, ForwardInputs, ForwardOutput, GenerateInputs, GenerateResult, ModelInputs } from "./engine.js";
import { assertTokenIds, positionsOf, toMask, toRows } from "./inputs.js";
import type { Encoded, EncodeOptions, VisionEncoder } from "./vision.js";

/** Cache room for generated tokens before the arrays grow for the first time. */
const FIRST_SPARE = 128;

export interface LocalParts {
  config: InternVL2_5Config;
  vision: VisionEncoder;
  embeddings: TokenEmbeddings;
  decoder: Decoder;
  /** Loads what turns ids into text; only `stop_strings` asks for it. */
  stopTextDecoder: () => Promise<TokenDecoder>;
}

/** The model over sessions of this thread. */
export class LocalEngine implements Engine {
  readonly #parts: LocalParts;
  readonly #cacheShape: CacheShape;
  #disposed = false;

  constructor(parts: LocalParts) {
    this.#parts = parts;
    this.#cacheShape = parts.config.text_config;
  }

  async forward(inputs: ForwardInputs): Promise<ForwardOutput> {
    this.#assertUsable();
    const input_ids = toRows(inputs.input_ids, "input_ids");
    const cache = inputs.past_key_values ?? new KeyValueCache(input_ids.length, this.#cacheShape);
    const past = cache.length;
    const length = input_ids[0]!.length;
    const mask = toMask(inputs.attention_mask, input_ids.length, past + length);
    const { output_hidden_states } = inputs;
    const { embeddings, vision } = await this.#embed(inputs, input_ids, inputs.inputs_embeds);
    const positions =
      inputs.position_ids === undefined
        ? positionsOf(mask, origin(mask)).map((row) => row.slice(past))
        : toRows(inputs.position_ids, "position_ids");
    const { logits, hidden_states } = await this.#parts.decoder.read({
      embeddings,
      positions,
      visible: mask.map((row) => row.slice(past)),
      cache,
      logits_to_keep: inputs.logits_to_keep ?? 0,
      spare: FIRST_SPARE,
      output_hidden_states,
      signal: inputs.signal,
      progress_callback: inputs.progress_callback,
    });
    return {
      logits,
      past_key_values: cache,
      image_hidden_states: vision?.features,
      ...(output_hidden_states && { hidden_states, vision_hidden_states: vision?.hidden_states }),
    };
  }

  async getImageFeatures(pixel_values: Tensor, options?: LongCallOptions): Promise<Tensor> {
    this.#assertUsable();
    return (await this.#parts.vision.encode(pixel_values, options)).features;
  }

  async generate(inputs: GenerateInputs, options: GenerationOptions): Promise<GenerateResult> {
    const context = contextLength(this.#parts.config.text_config);
    const { input_ids, attention_mask } = reportingTo(inputs.streamer, () => {
      this.#assertUsable();
      const input_ids = toRows(inputs.input_ids, "input_ids");
      assertFits(input_ids[0]!.length, context);
      return { input_ids, attention_mask: toMask(inputs.attention_mask, input_ids.length, input_ids[0]!.length) };
    });
    const cache = new KeyValueCache(input_ids.length, this.#cacheShape);
    const { decoder, embeddings, stopTextDecoder } = this.#parts;
    const { signal, progress_callback, streamer, logits_processor, stopping_criteria } = inputs;
    const reading = { cache, logits_to_keep: 1, spare: FIRST_SPARE, signal };
    const readPrompt = async () => {
      const embedded = await this.#embed(inputs, input_ids);
      const positions = positionsOf(attention_mask, origin(attention_mask));
      const prompt = { embeddings: embedded.embeddings, positions, visible: attention_mask };
      return (await decoder.read({ ...reading, ...prompt, progress_callback })).logits.data as Float32Array;
    };
    const next = attention_mask.map((row) => row.reduce((sum, visible) => sum + visible, 0));
    const visible = next.map(() => [1]);
    const step = async (tokens: readonly number[]) => {
      const embedded = await embeddings.lookUp(column(tokens), signal);
      const positions = column(next.map((_, row) => next[row]!++));
      return (await decoder.read({ ...reading, embeddings: embedded, positions, visible })).logits.data as Float32Array;
    };
    try {
      return await generateTokens({
        ...capped(options, input_ids[0]!.length, context),
        input_ids,
        attention_mask,
        first_logits: readPrompt,
        model: { vocab_size: this.#parts.config.text_config.vocab_size, step },
        streamer,
        logits_processor,
        stopping_criteria,
        decoder: options.stop_strings ? await stopTextDecoder() : undefined,
        signal,
      });
    } finally {
      cache.dispose();
    }
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    const { vision, embeddings, decoder } = this.#parts;
    await Promise.all([vision.release(), embeddings.release(), decoder.release()]);
  }

  async #embed(
    inputs: ModelInputs & EncodeOptions,
    input_ids: readonly (readonly number[])[],
    given?: Tensor,
  ): Promise<{ embeddings: Tensor; vision?: Encoded }> {
    const { config, embeddings } = this.#parts;
    assertTokenIds(input_ids, config.text_config.vocab_size);
    assertTiles(inputs);
    const { pixel_values, signal } = inputs;
    const vision = pixel_values && (await this.#parts.vision.encode(pixel_values, inputs));
    // A copy: the caller's tensor is not ours to write image features into.
    const embedded = given
      ? new Tensor("float32", (given.data as Float32Array).slice(), given.dims)
      : await embeddings.lookUp(input_ids, signal);
    placeImageFeatures(embedded, input_ids, config.image_token_id, vision?.features, inputs.image_flags);
    return { embeddings: embedded, vision };
  }

  #assertUsable(): void {
    if (!this.#disposed) return;
    throw new InternVLError("RELEASED", { what: "The model was disposed of", fix: "Load it again." });
  }
}

/** A column of one token a row. */
function column(values: readonly number[]): number[][] {
  return values.map((value) => [value]);
}

function origin(rows: readonly unknown[]): number[] {
  return rows.map(() => 0);
}

/** An answer ends where the context does. */
function capped(options: GenerationOptions, promptLength: number, context: number): GenerationOptions {
  const room = context - promptLength;
  const { max_new_tokens, max_length } = options;
  if (max_new_tokens != null) return { ...options, max_new_tokens: Math.min(max_new_tokens, room) };
  if (max_length != null) return { ...options, max_length: Math.min(max_length, context) };
  return options;
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

function assertFits(length: number, context: number): void {
  if (length < context) return;
  throw new InternVLError("PROMPT_TOO_LONG", {
    what: "The prompt is longer than what the model can read",
    expected: `fewer than ${context} tokens, with room for an answer`,
    got: String(length),
    fix: "Send fewer pictures, fewer tiles a picture (max_tiles), or less text.",
  });
}
