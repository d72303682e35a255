import type { CacheDtype, Dtype, GraphDtypes, GraphName } from "@internvl/config";
import type { DeviceChoice, LongCallOptions, Tensor } from "@internvl/core";
import type {
  GenerateTokensResult,
  GenerationOptions,
  LogitsProcessor,
  StoppingCriteria,
  Streamer,
} from "@internvl/generation";
import type { CacheMaker, PastKeyValues } from "./past-key-values.js";
import type { CacheStats } from "./reuse.js";

/** Rows of numbers as the processor returns them, or an int64 `Tensor` `[batch, length]`. */
export type TokenRows = readonly (readonly number[])[] | Tensor;

/** The inputs of the model, as `InternVL2_5Processor` returns them. */
export interface ModelInputs {
  /** `[batch, length]`, with `<IMG_CONTEXT>` where image features go. Left padded when rows differ in length. */
  input_ids: TokenRows;
  /** `[batch, length]`, 0 for padding; tokens in `past_key_values` included. Default: all ones behind those. */
  attention_mask?: TokenRows;
  /** float32 `[tiles, 3, size, size]`: the tiles of all pictures of all rows, in prompt order. */
  pixel_values?: Tensor;
  /** Tiles a picture; their sum must be the number of tiles. Checked when given. */
  num_patches?: readonly number[];
  /** One flag a tile: tiles with 0 are skipped, as in the original code. Default: all ones. */
  image_flags?: readonly number[];
}

export interface ForwardInputs extends ModelInputs, LongCallOptions {
  /** float32 `[batch, length, hidden]` instead of looking `input_ids` up. Image features are still put in. */
  inputs_embeds?: Tensor;
  /** `[batch, length]`. Default: counted over `attention_mask`, padding gets 1. */
  position_ids?: TokenRows;
  /** What was read before; the new rows are appended to it. */
  past_key_values?: PastKeyValues;
  /** Logits of the last N positions only. 0 (the default) means all, as in Transformers. */
  logits_to_keep?: number;
  /**
   * `[batch, length]`, the token at each position as in `input_ids`, or -100 for what does not count (padding, the
   * question): the output gets `loss`. It is over all positions, whatever `logits_to_keep` says.
   */
  labels?: TokenRows;
  /** `[batch, length]`, how much each label counts; float32 where it is a `Tensor`. Needs `labels`. Default: all alike. */
  loss_weight?: TokenRows;
  /** The most tokens that are read at once. Default 128 of all rows together; memory may ask for fewer. */
  prefill_chunk_size?: number | null;
  /** Also the states between the layers. The folder must have been converted with them. Default false. */
  output_hidden_states?: boolean;
}

export interface ForwardOutput {
  /**
   * With `labels`: the mean cross entropy of the next tokens, in nats. With `loss_weight` as well, the weighted sum of
   * each token's over the sum of the weights, both shifted by one. NaN when no label counts, as in PyTorch.
   */
  loss?: number;
  /** float32 `[batch, kept, vocabulary]`. */
  logits: Tensor;
  /**
   * The cache with the new tokens. `dispose()` it when it is not needed. Where the model runs in a worker only if one was
   * given: `model.newCache(1)`.
   */
  past_key_values?: PastKeyValues;
  /** float32 `[tiles, tokens, hidden]`, when there were pictures. */
  image_hidden_states?: Tensor;
  /**
   * With `output_hidden_states`: float32 `[batch, length, hidden]` each. First the embeddings with the image features in
   * their places, then what each layer gives; the last one after the final norm.
   */
  hidden_states?: Tensor[];
  /** With `output_hidden_states`, of the vision tower: float32 `[tiles, 1 + patches, hidden]` each, embedding first. */
  vision_hidden_states?: Tensor[];
}

/** What `generate` takes beside the generation options. */
export interface GenerateInputs extends ModelInputs, LongCallOptions {
  /**
   * What was read before: the beginning of `input_ids`, which stays the whole sequence. Only the rest is read, and
   * pictures whose tokens are all cached are not encoded: `pixel_values` may be left out or hold all of them. The tokens
   * of this call are appended, also when it is aborted or fails; with beams or several answers a fork takes them, and
   * the cache stays as it was. Disposing of it is up to the caller.
   */
  past_key_values?: PastKeyValues;
  /** The most tokens of a prompt that are read at once. Default 128 of all rows together; memory may ask for fewer. */
  prefill_chunk_size?: number | null;
  streamer?: Streamer;
  logits_processor?: readonly LogitsProcessor[];
  stopping_criteria?: readonly StoppingCriteria[];
}

export interface GenerateResult extends GenerateTokensResult {
  /**
   * The cache with all of `sequences` but the last token, to go on with: the one that was given, or a new one. `dispose()`
   * it when it is not needed. Absent with `num_beams` above 1, whose rows are no longer the sequences'.
   */
  past_key_values?: PastKeyValues;
}

/** Which variant of each graph was loaded, what its cache is stored in, and where it runs. */
export interface EngineParts {
  readonly dtype: GraphDtypes;
  /** That of the decoder which reads the prompts of `generate`: the one of `dtype`, or a second one. */
  readonly prompt_dtype: Dtype;
  readonly cache_dtype: CacheDtype;
  readonly devices: Readonly<Record<GraphName, DeviceChoice>>;
}

/** Where a model runs: in this thread over sessions, or in a worker over messages. */
export interface Engine extends CacheMaker, EngineParts {
  readonly inWorker: boolean;
  forward(inputs: ForwardInputs): Promise<ForwardOutput>;
  /** float32 `[tiles, 3, size, size]` -> float32 `[tiles, tokens, hidden]`. */
  getImageFeatures(pixel_values: Tensor, options?: LongCallOptions): Promise<Tensor>;
  generate(inputs: GenerateInputs, options: GenerationOptions): Promise<GenerateResult>;
  cacheStats(): Promise<CacheStats>;
  clearCaches(): Promise<void>;
  dispose(): Promise<void>;
}
