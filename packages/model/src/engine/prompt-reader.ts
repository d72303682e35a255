import { isAbort, type Tensor } from "@internvl/core";
import { BatchProgress } from "./batch-progress.js";
import { rowPrompts } from "./batch-prompt.js";
import { KeyValueCache } from "./cache.js";
import type { GenerateInputs } from "./engine.js";
import { placeFeatures, placesBehind, type TilePlaces } from "./image-places.js";
import { positionsOf } from "./inputs.js";
import type { KnownTile } from "./known-tiles.js";
import type { LocalParts } from "./local-engine.js";
import { columnsFrom } from "./positions.js";
import type { Turns } from "./turns.js";

/** A prompt, checked. */
export interface Prompt {
  /** `[batch][length]`, what is cached included. */
  input_ids: readonly (readonly number[])[];
  attention_mask: readonly (readonly number[])[];
  /** The tiles that the cache does not have. */
  places: readonly TilePlaces[];
  cache: KeyValueCache;
  /** How many tokens may follow it. */
  spare: number;
}

/** What neither the cache nor an earlier call has of a prompt. */
interface UnreadPart extends Pick<Prompt, "places" | "cache"> {
  tokens: readonly (readonly number[])[];
  /** The tiles of the whole prompt. */
  known: readonly KnownTile[] | undefined;
}

/** Reads the prompts of `generate` into caches. */
export class PromptReader {
  readonly #parts: LocalParts;

  constructor(parts: LocalParts) {
    this.#parts = parts;
  }

  /** The logits of the last position of each row. */
  async read(inputs: GenerateInputs, prompt: Prompt, turns: Turns): Promise<Float32Array> {
    const { input_ids, cache, spare } = prompt;
    const rows = cache.length === 0 ? rowPrompts(prompt, this.#parts.config.text_config) : undefined;
    if (rows === undefined) return this.#readRows(inputs, prompt, turns);
    const { vocab_size } = this.#parts.config.text_config;
    const logits = new Float32Array(rows.length * vocab_size);
    const caches: KeyValueCache[] = [];
    const progress = new BatchProgress(rows, inputs.progress_callback);
    try {
      for (const [index, row] of rows.entries()) {
        const own = new KeyValueCache(1, cache.shape);
        caches.push(own);
        const reporting = { ...inputs, progress_callback: progress.of(index) };
        logits.set(await this.#readRows(reporting, { ...row, cache: own, spare: 0 }, turns), index * vocab_size);
        this.#parts.reuse.keep(own);
        progress.finished(index);
      }
      cache.joinRows(caches, input_ids, spare);
      return logits;
    } catch (error) {
      if (isAbort(error)) this.#parts.reuse.keep(caches.at(-1)!);
      throw error;
    } finally {
      for (const own of caches) own.dispose();
    }
  }

  /** Reads what neither the cache nor an earlier call has of a prompt. */
  async #readRows(inputs: GenerateInputs, prompt: Prompt, turns: Turns): Promise<Float32Array> {
    const { cache, attention_mask, spare } = prompt;
    const { signal, progress_callback, prefill_chunk_size } = inputs;
    const { decoder, reuse } = this.#parts;
    const before = cache.length;
    const known = await reuse.know(
      inputs.pixel_values,
      prompt.places.map(({ tile }) => tile),
    );
    // A caller who keeps a cache has said where to go on from.
    if (inputs.past_key_values === undefined) reuse.restore({ ...prompt, prefill_chunk_size }, known);
    const past = cache.length;
    const tokens = columnsFrom(past, prompt.input_ids);
    const places = placesBehind(prompt.places, past - before);
    const embedded = await this.#embed(inputs, { tokens, places, known, cache }, turns);
    const { logits } = await decoder.read({
      embeddings: embedded,
      positions: columnsFrom(past, positionsOf(attention_mask)),
      visible: columnsFrom(past, attention_mask),
      tokens,
      cache,
      logits_to_keep: 1,
      spare,
      prefill_chunk_size,
      isPrompt: true,
      signal,
      progress_callback,
      turns,
    });
    return logits.data as Float32Array;
  }

  /** `[batch, length, hidden]` with the pictures in their places. By itself, so that nothing holds their features after it. */
  async #embed(
    { pixel_values, ...options }: GenerateInputs,
    { tokens, places, known, cache }: UnreadPart,
    turns: Turns,
  ): Promise<Tensor> {
    const { embeddings, vision, reuse } = this.#parts;
    const tiles = places.map(({ tile }) => tile);
    const picked = { pixel_values: pixel_values!, tiles, known, cache };
    const encoded = tiles.length > 0 ? await reuse.encode(vision, picked, { ...options, turns }) : undefined;
    const embedded = await embeddings.lookUp(tokens, options.signal);
    if (encoded) placeFeatures(embedded, places, encoded, (_, index) => index);
    return embedded;
  }
}
