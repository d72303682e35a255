import type { InternVL2_5Config } from "@internvl/config";
import { InternVLError, type Tensor } from "@internvl/core";
import type { KeyValueCache } from "./cache.js";
import type { EngineParts } from "./engine.js";
import { FeatureCache, type FeatureCacheStats } from "./feature-cache.js";
import type { FeatureStore } from "./feature-store.js";
import { pickTiles } from "./image-places.js";
import { type KnownTile, knownTiles } from "./known-tiles.js";
import { beginsLikeOthers, PrefixCache, type PrefixCacheStats } from "./prefix-cache.js";
import type { RotaryConfig } from "./rotary.js";
import type { TurnOptions } from "./turns.js";
import type { VisionEncoder } from "./vision.js";

/** How much is kept of earlier calls, for calls that have something in common with them. Neither changes an answer. */
export interface ReuseOptions {
  /** Features of tiles that were encoded, so that a picture is encoded once. `false`: none. */
  feature_cache?: false | FeatureCacheOptions;
  /**
   * Keys and values of prompts and answers, so that a follow-up, a retry and a second question about a picture read only
   * what is new. `false`: none. Where prompts are read in int8, or by a decoder of their own, they
   * are read again from the last whole piece on.
   */
  prefix_cache?: false | KeepOptions;
}

export interface KeepOptions {
  /** Default: 64 MB of features; keys and values of 4096 tokens, at least 256 MB. */
  max_bytes?: number;
}

export interface FeatureCacheOptions extends KeepOptions {
  /**
   * A folder on disk where features are kept as well, for the next program with the same encoder: the same weights, device
   * and runtime. Several programs may share it. Refused where there is no disk.
   */
  directory?: string;
  /** The most bytes in `directory`. Default 1 GB. */
  directory_max_bytes?: number;
}

/** What is kept of earlier calls, and how often it was of use. Null where nothing is kept. */
export interface CacheStats {
  features: FeatureCacheStats | null;
  prefixes: PrefixCacheStats | null;
}

/** Rows that `generate` is about to read into a cache. */
export interface UnreadPrompt {
  cache: KeyValueCache;
  input_ids: readonly (readonly number[])[];
  attention_mask: readonly (readonly number[])[];
  /** How many tokens may follow. */
  spare: number;
  prefill_chunk_size?: number | null;
}

const MB = 2 ** 20;
/** 73 tiles of the 1B. */
const FEATURE_BYTES = 64 * MB;
const PREFIX_BYTES = 256 * MB;
/** A conversation about a picture of 13 tiles must fit, whatever the model's size. */
const PREFIX_TOKENS = 4096;

/** What is kept of earlier calls: features of tiles, and keys and values of what was read. */
export class Reuse {
  readonly #features: FeatureCache | undefined;
  readonly #prefixes: PrefixCache | undefined;
  /** Also where features are not kept: those who keep what was read must know which pixels were encoded. */
  readonly #encoder: FeatureCache | undefined;
  readonly #rotary: RotaryConfig;

  /**
   * @param store of features on disk
   * @throws InternVLError `INPUT_INVALID` for a bound that is none
   */
  constructor(
    config: InternVL2_5Config,
    { dtype, prompt_dtype }: Pick<EngineParts, "dtype" | "prompt_dtype">,
    { feature_cache = {}, prefix_cache = {} }: ReuseOptions,
    store?: FeatureStore,
  ) {
    const { text_config } = config;
    this.#rotary = text_config;
    if (feature_cache) {
      const { max_bytes = FEATURE_BYTES } = feature_cache;
      assertBytes("feature_cache", max_bytes);
      this.#features = new FeatureCache(max_bytes, text_config.hidden_size, store);
    }
    if (prefix_cache) {
      const { num_hidden_layers, num_key_value_heads, head_dim } = text_config;
      const token = 2 * num_hidden_layers * num_key_value_heads * head_dim * Float32Array.BYTES_PER_ELEMENT;
      const { max_bytes = Math.max(PREFIX_BYTES, PREFIX_TOKENS * token) } = prefix_cache;
      assertBytes("prefix_cache", max_bytes);
      // int8 rounds activations by all that are read at once; and what one decoder has written is not what another reads.
      const isDivided = prompt_dtype === "int8" || prompt_dtype !== dtype.decoder_model_merged;
      const alike = isDivided ? { heads: text_config.num_attention_heads } : undefined;
      this.#prefixes = new PrefixCache(max_bytes, config, alike);
    }
    this.#encoder = this.#features ?? (this.#prefixes && new FeatureCache(0, text_config.hidden_size));
  }

  /** Whether `keep` may keep something. */
  get keepsPrefixes(): boolean {
    return this.#prefixes !== undefined;
  }

  get stats(): CacheStats {
    return { features: this.#features?.stats ?? null, prefixes: this.#prefixes?.stats ?? null };
  }

  /** Tiles by which `encode` and `restore` know pictures again; undefined where nothing is kept. */
  async know(pixel_values: Tensor | undefined, tiles: readonly number[]): Promise<readonly KnownTile[] | undefined> {
    if (pixel_values === undefined || tiles.length === 0) return [];
    return this.#encoder && knownTiles(pixel_values, tiles);
  }

  /** Puts the beginning of a prompt that was read before into its cache, which is empty; a token is left to read. */
  restore(
    { cache, input_ids, attention_mask, ...prompt }: UnreadPrompt,
    known: readonly KnownTile[] | undefined,
  ): void {
    if (known === undefined || !beginsLikeOthers(attention_mask, this.#rotary)) return;
    const digests = known.map(({ digest }) => digest);
    this.#prefixes?.restore(cache, { ...prompt, input_ids: input_ids[0]!, digests });
  }

  /**
   * float32 `[tiles.length, tokens, hidden]`.
   *
   * @param known of `know`, at least all of `tiles`
   * @param cache what the features are read into
   */
  async encode(
    vision: VisionEncoder,
    {
      pixel_values,
      tiles,
      known,
      cache,
    }: {
      pixel_values: Tensor;
      tiles: readonly number[];
      known: readonly KnownTile[] | undefined;
      cache?: KeyValueCache;
    },
    options: TurnOptions,
  ): Promise<Tensor> {
    if (this.#encoder === undefined || known === undefined) {
      return (await vision.encode(pickTiles(pixel_values, tiles), options)).features;
    }
    const wanted = new Set(tiles);
    const { features, changed } = await this.#encoder.encode(
      vision,
      pixel_values,
      known.filter(({ tile }) => wanted.has(tile)),
      options,
    );
    if (changed && cache) this.#prefixes?.forget(cache);
    return features;
  }

  /** Keeps what a call has read, if that can be of use: its cache stays its own. */
  keep(cache: KeyValueCache): void {
    this.#prefixes?.keep(cache);
  }

  clear(): void {
    this.#features?.clear();
    this.#prefixes?.clear();
  }

  close(): void {
    this.#features?.close();
    this.#prefixes?.close();
  }
}

/** @throws InternVLError `INPUT_INVALID` */
export function assertBytes(option: string, max_bytes: number): void {
  if (typeof max_bytes === "number" && max_bytes >= 0) return;
  throw new InternVLError("INPUT_INVALID", {
    what: `${option} has no bound`,
    expected: "max_bytes, a number of at least 0, or false instead of an object",
    got: String(max_bytes),
  });
}
