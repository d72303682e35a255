import {
  GenerationConfig,
  InternLM2Config,
  InternVL2_5Config,
  InternVL2_5VisionConfig,
  Qwen2Config,
} from "@internvl/config";
import { describe, expect, it } from "vitest";

describe("defaults", () => {
  it("of the vision tower are the seed's", () => {
    expect(new InternVL2_5VisionConfig().to_dict()).toEqual({
      model_type: "internvl2_5",
      num_channels: 3,
      patch_size: 14,
      image_size: 224,
      qkv_bias: false,
      hidden_size: 3200,
      num_attention_heads: 25,
      intermediate_size: 12800,
      qk_normalization: true,
      num_hidden_layers: 48,
      hidden_act: "gelu",
      norm_type: "rms_norm",
      layer_norm_eps: 1e-6,
      dropout: 0,
      drop_path_rate: 0,
      attention_dropout: 0,
      initializer_range: 0.02,
      initializer_factor: 0.1,
    });
  });

  it("of the language model are Transformers'", () => {
    expect(new Qwen2Config().to_dict()).toEqual({
      model_type: "qwen2",
      architectures: ["Qwen2ForCausalLM"],
      vocab_size: 151936,
      hidden_size: 4096,
      intermediate_size: 22016,
      num_hidden_layers: 32,
      num_attention_heads: 32,
      num_key_value_heads: 32,
      head_dim: 128,
      hidden_act: "silu",
      max_position_embeddings: 32768,
      initializer_range: 0.02,
      rms_norm_eps: 1e-6,
      use_cache: true,
      tie_word_embeddings: false,
      rope_theta: 10000,
      rope_scaling: null,
      attention_dropout: 0,
      use_sliding_window: false,
      sliding_window: 4096,
      max_window_layers: 28,
      bos_token_id: null,
      eos_token_id: null,
      pad_token_id: null,
    });
  });

  it("of InternLM2 are the original's", () => {
    expect(new InternLM2Config().to_dict()).toEqual({
      model_type: "internlm2",
      architectures: ["InternLM2ForCausalLM"],
      vocab_size: 103168,
      hidden_size: 4096,
      intermediate_size: 11008,
      num_hidden_layers: 32,
      num_attention_heads: 32,
      num_key_value_heads: 32,
      head_dim: 128,
      hidden_act: "silu",
      max_position_embeddings: 2048,
      initializer_range: 0.02,
      rms_norm_eps: 1e-6,
      use_cache: true,
      tie_word_embeddings: false,
      bias: true,
      rope_theta: 10000,
      rope_scaling: null,
      bos_token_id: 1,
      eos_token_id: 2,
      pad_token_id: 0,
    });
  });

  it("of the whole are the seed's", () => {
    const { vision_config, text_config, ...own } = new InternVL2_5Config().to_dict();
    expect(own).toEqual({
      model_type: "internvl2_5",
      architectures: ["InternVL2_5ForConditionalGeneration"],
      select_layer: -1,
      hidden_size: 4096,
      force_image_size: null,
      downsample_ratio: 0.5,
      dynamic_image_size: false,
      use_thumbnail: false,
      pixel_shuffle_version: "v1",
      min_dynamic_patch: 1,
      max_dynamic_patch: 6,
      tie_word_embeddings: false,
      image_token_id: 151667,
      image_start_token_id: 151665,
      image_end_token_id: 151666,
      template: null,
    });
    expect(vision_config).toEqual(new InternVL2_5VisionConfig().to_dict());
    expect(text_config).toEqual(new Qwen2Config().to_dict());
  });

  it("of generation are Transformers'", () => {
    expect(new GenerationConfig().to_dict()).toEqual({
      max_length: 20,
      max_new_tokens: null,
      min_length: 0,
      min_new_tokens: null,
      early_stopping: false,
      max_time: null,
      stop_strings: null,
      do_sample: false,
      num_beams: 1,
      use_cache: true,
      temperature: 1,
      top_k: 50,
      top_p: 1,
      min_p: null,
      typical_p: 1,
      top_h: null,
      epsilon_cutoff: 0,
      eta_cutoff: 0,
      repetition_penalty: 1,
      length_penalty: 1,
      no_repeat_ngram_size: 0,
      bad_words_ids: null,
      sequence_bias: null,
      suppress_tokens: null,
      begin_suppress_tokens: null,
      forced_bos_token_id: null,
      forced_eos_token_id: null,
      exponential_decay_length_penalty: null,
      remove_invalid_values: false,
      renormalize_logits: false,
      prompt_lookup_num_tokens: null,
      max_matching_ngram_size: null,
      prefill_chunk_size: null,
      num_return_sequences: 1,
      output_scores: false,
      output_logits: false,
      return_dict_in_generate: false,
      bos_token_id: null,
      eos_token_id: null,
      pad_token_id: null,
    });
  });
});
