/** An option of Transformers that this package leaves out. */
export interface MissingOption {
  /** Why, as a sentence. */
  reason: string;
  /** The value that changes nothing, which may be passed all the same. */
  neutral?: unknown;
}

const MOVED = "Transformers 5 has moved this way of decoding out of the library.";
const NO_ENCODER = "It is for models with an encoder, which a vision-language model of this kind is not.";
const SECOND_MODEL = "There is no second model to draft for this one. prompt_lookup_num_tokens drafts without.";

/** Options of Transformers' that this package does not have. */
export const MISSING_OPTIONS: Readonly<Record<string, MissingOption>> = {
  assistant_early_exit: { reason: SECOND_MODEL },
  assistant_model: { reason: SECOND_MODEL },
  cache_implementation: { reason: "There is one cache, KeyValueCache.", neutral: "dynamic" },
  constraints: { reason: MOVED },
  diversity_penalty: { reason: MOVED, neutral: 0 },
  dola_layers: { reason: MOVED },
  encoder_no_repeat_ngram_size: { reason: NO_ENCODER, neutral: 0 },
  encoder_repetition_penalty: { reason: NO_ENCODER, neutral: 1 },
  force_words_ids: { reason: MOVED },
  guidance_scale: { reason: "Classifier-free guidance would read each prompt twice; it is not built.", neutral: 1 },
  low_memory: { reason: "Transformers 5 refuses it as well.", neutral: false },
  num_beam_groups: { reason: MOVED, neutral: 1 },
  penalty_alpha: { reason: MOVED, neutral: 0 },
  token_healing: { reason: "It is not built.", neutral: false },
  watermarking_config: { reason: "Watermarks are not built." },
};
