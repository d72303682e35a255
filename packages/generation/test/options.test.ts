import {
  assertKnownOptions,
  GENERATION_OPTION_NAMES,
  type GenerationOptions,
  generateTokens,
  resolveOptions,
  slice_prompt,
} from "@internvl/generation";
import { describe, expect, test } from "vitest";
import { ScriptedModel } from "./helpers.js";

const withCode = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

test("defaults are Transformers'", () => {
  expect(resolveOptions({}, 10)).toEqual({
    prompt_length: 10,
    max_length: 30,
    min_length: 0,
    do_sample: false,
    temperature: 1,
    top_h: undefined,
    top_k: 50,
    top_p: 1,
    min_p: undefined,
    typical_p: 1,
    epsilon_cutoff: 0,
    eta_cutoff: 0,
    seed: undefined,
    repetition_penalty: 1,
    no_repeat_ngram_size: 0,
    bad_words_ids: [],
    sequence_bias: [],
    suppress_tokens: [],
    begin_suppress_tokens: [],
    forced_bos_token_id: undefined,
    forced_eos_token_ids: [],
    exponential_decay_length_penalty: undefined,
    prefix_allowed_tokens_fn: undefined,
    remove_invalid_values: false,
    renormalize_logits: false,
    num_beams: 1,
    length_penalty: 1,
    early_stopping: false,
    num_return_sequences: 1,
    prompt_lookup_num_tokens: undefined,
    max_matching_ngram_size: 2,
    eos_token_ids: [],
    pad_token_id: undefined,
    stop_strings: [],
    max_time: undefined,
    output_scores: false,
    output_logits: false,
  });
  const nulls = Object.fromEntries(GENERATION_OPTION_NAMES.map((name) => [name, null]));
  expect(resolveOptions(nulls, 10)).toEqual(resolveOptions({}, 10));
});

test.each([
  [{ max_new_tokens: 0 }, /max_new_tokens.*at least 1/],
  [{ max_new_tokens: 1.5 }, /max_new_tokens/],
  [{ max_new_tokens: Number.NaN }, /max_new_tokens.*NaN/],
  [{ max_length: -3 }, /max_length/],
  [{ max_length: 10 }, /more than the 10 tokens of the prompt.*max_new_tokens/],
  [{ min_new_tokens: -1 }, /min_new_tokens/],
  [{ min_length: -1 }, /min_length/],
  [{ min_new_tokens: 5, max_new_tokens: 4 }, /at most 4 new tokens.*got 5/],
  [{ min_length: 15, max_new_tokens: 4 }, /at most 4/],
  [{ do_sample: true, temperature: 0 }, /above 0.*do_sample to false/],
  [{ do_sample: true, temperature: 1e-60 }, /temperature/],
  [{ temperature: -1 }, /temperature/],
  [{ temperature: Number.POSITIVE_INFINITY }, /temperature/],
  [{ temperature: "0.7" as unknown as number }, /temperature.*"0\.7"/],
  [{ do_sample: 1 as unknown as boolean }, /do_sample/],
  [{ top_k: -1 }, /top_k/],
  [{ top_p: -0.1 }, /top_p/],
  [{ top_p: 2 }, /top_p.*from 0 to 1, got 2/],
  [{ top_h: 0 }, /top_h/],
  [{ typical_p: 0 }, /typical_p/],
  [{ epsilon_cutoff: 1 }, /epsilon_cutoff/],
  [{ eta_cutoff: -0.1 }, /eta_cutoff/],
  [{ min_p: -0.1 }, /min_p/],
  [{ min_p: 1.1 }, /min_p/],
  [{ repetition_penalty: 0 }, /repetition_penalty/],
  [{ no_repeat_ngram_size: -2 }, /no_repeat_ngram_size/],
  [{ eos_token_id: [1, -1] }, /eos_token_id/],
  [{ eos_token_id: [null as unknown as number] }, /eos_token_id.*null/],
  [{ pad_token_id: -1 }, /pad_token_id/],
  [{ stop_strings: ["a", ""] }, /stop_strings/],
  [{ max_time: -1 }, /max_time/],
  [{ bad_words_ids: [1] as unknown as number[][] }, /bad_words_ids/],
  [{ bad_words_ids: [[]] }, /bad_words_ids.*none of them empty/],
  [{ bad_words_ids: [[-1]] }, /bad_words_ids/],
  [{ sequence_bias: [[[], 1]] }, /sequence_bias/],
  [{ sequence_bias: [[[1], Number.NaN]] }, /sequence_bias/],
  [{ suppress_tokens: [1.5] }, /suppress_tokens/],
  [{ begin_suppress_tokens: [-1] }, /begin_suppress_tokens/],
  [{ forced_bos_token_id: -1 }, /forced_bos_token_id/],
  [{ forced_eos_token_id: [0.1] }, /forced_eos_token_id/],
  [{ exponential_decay_length_penalty: [1, 0] }, /exponential_decay_length_penalty/],
  [{ exponential_decay_length_penalty: [1, 1.2] }, /no end to make likelier.*eos_token_id/],
  [{ prefix_allowed_tokens_fn: [1] as never }, /prefix_allowed_tokens_fn.*a function/],
  [{ remove_invalid_values: 1 as never }, /remove_invalid_values/],
  [{ num_beams: 0 }, /num_beams/],
  [{ length_penalty: Number.NaN }, /length_penalty/],
  [{ early_stopping: "always" as never }, /early_stopping.*"never"/],
  [{ num_return_sequences: 2 }, /would all be the same.*do_sample to true/],
  [{ num_return_sequences: 4, num_beams: 3 }, /at most num_beams, 3, got 4/],
  [{ prompt_lookup_num_tokens: 0 }, /prompt_lookup_num_tokens/],
  [{ prompt_lookup_num_tokens: 3, num_beams: 2 }, /without beams/],
  [{ prompt_lookup_num_tokens: 3, num_return_sequences: 2, do_sample: true }, /one answer/],
  [{ max_matching_ngram_size: 0 }, /max_matching_ngram_size/],
  [{ forced_eos_token_id: [3, 4], suppress_tokens: [4, 3] }, /forced_eos_token_id and suppress_tokens.*min_new_tokens/],
  [{ forced_bos_token_id: 3, suppress_tokens: [3] }, /forced_bos_token_id/],
  [{ seed: -1 }, /seed/],
  [{ seed: 2 ** 32 }, /seed/],
])("%j is refused", (options, message) => {
  expect(() => resolveOptions(options as GenerationOptions, 10)).toThrowError(withCode("INPUT_INVALID", message));
});

test("temperature 0 may stand beside do_sample: false", () => {
  expect(resolveOptions({ temperature: 0, do_sample: false }, 1).temperature).toBe(0);
});

test("top_p may be 0, which leaves one token, as in Transformers", () => {
  expect(resolveOptions({ top_p: 0 }, 1).top_p).toBe(0);
});

test.each([
  ["max_new_token", "max_new_tokens"],
  ["maxNewTokens", "max_new_tokens"],
  ["topK", "top_k"],
  ["tempertaure", "temperature"],
  ["eos_token_ids", "eos_token_id"],
])("an option %s is answered with %s", (name, nearest) => {
  expect(() => assertKnownOptions({ [name]: 1 }, GENERATION_OPTION_NAMES)).toThrowError(
    withCode("INPUT_INVALID", new RegExp(`"${name}".*Did you mean "${nearest}"`)),
  );
});

test("names that resemble none list all; undefined does not count; Transformers' others are told apart", () => {
  expect(() => assertKnownOptions({ colour: 1 }, ["top_k", "top_p"])).toThrowError(
    withCode("INPUT_INVALID", /The options are top_k, top_p/),
  );
  expect(() => assertKnownOptions({ colour: undefined, guidance_scale: null }, ["top_k"])).not.toThrow();
});

test.each([
  [{ guidance_scale: 1.5 }, /guidance_scale.*not built/],
  [{ num_beam_groups: 2 }, /num_beam_groups.*Transformers 5 has moved/],
  [{ constraints: [] }, /constraints/],
  [{ encoder_repetition_penalty: 1.2 }, /models with an encoder/],
  [{ assistant_model: {} }, /prompt_lookup_num_tokens drafts without/],
])("%j of Transformers is refused with the reason", (options, message) => {
  expect(() => assertKnownOptions(options, GENERATION_OPTION_NAMES)).toThrowError(withCode("UNSUPPORTED", message));
});

test("what changes nothing may be passed, as generation_config.json files of old versions do", () => {
  const neutral = { guidance_scale: 1, num_beam_groups: 1, diversity_penalty: 0, encoder_no_repeat_ngram_size: 0 };
  expect(() => assertKnownOptions(neutral, GENERATION_OPTION_NAMES)).not.toThrow();
});

describe("generateTokens refuses, before it computes anything,", () => {
  test.each([
    ["an unknown option", { max_tokens: 3 }, /max_tokens/],
    ["no rows", { input_ids: [] }, /at least one row/],
    ["empty prompts", { input_ids: [[], []] }, /at least one row and token/],
    ["rows of two lengths", { input_ids: [[1, 2], [3]] }, /2 rows of 2.*got rows of 2, 1/],
    [
      "ids that are none",
      {
        input_ids: [
          [1, 0.5],
          [1, 2],
        ],
      },
      /input_ids/,
    ],
    ["a mask of another shape", { attention_mask: [[1], [1]] }, /attention_mask/],
    ["stop strings without a decoder", { stop_strings: "x" }, /decoder/],
    ["a word that the vocabulary lacks", { bad_words_ids: [[5, 999_999]] }, /bad_words_ids.*got 999999/],
    [
      "a beam search that is streamed",
      { num_beams: 2, streamer: { put() {}, end() {} } },
      /streamer out, or the beams/,
    ],
    ["several rows for prompt lookup", { prompt_lookup_num_tokens: 2 }, /one prompt at a time/],
    ["a streamer with an impossible wish", { streamer: { top_logprobs: -1, put() {}, end() {} } }, /top_logprobs/],
    ["rows that cannot be padded", { eos_token_id: null, stopping_criteria: [() => true] }, /pad_token_id/],
  ])("%s", async (_name, options, message) => {
    let computed = false;
    const args = {
      input_ids: [
        [1, 2],
        [3, 4],
      ],
      eos_token_id: 7,
      model: Object.assign(new ScriptedModel([[1], [1]]), { reorder() {}, read: never, forget() {} }),
      first_logits: async () => {
        computed = true;
        return new Float32Array(0);
      },
      ...options,
    };
    await expect(generateTokens(args)).rejects.toEqual(withCode("INPUT_INVALID", message));
    expect(computed).toBe(false);
  });

  const never = () => Promise.reject(new Error("nothing is read"));

  test.each([
    [{ num_beams: 2 }, /num_beams.*without reorder/],
    [{ prompt_lookup_num_tokens: 2 }, /prompt_lookup_num_tokens.*without read/],
  ])("%j of a model that cannot do it", async (options, message) => {
    const model = new ScriptedModel([[1]]);
    const refused = generateTokens({ ...options, input_ids: [[1]], model, first_logits: never });
    await expect(refused).rejects.toEqual(withCode("UNSUPPORTED", message));
  });

  test("and logits of another size", async () => {
    const model = new ScriptedModel([[1]]);
    await expect(generateTokens({ input_ids: [[1]], model, first_logits: new Float32Array(3) })).rejects.toEqual(
      withCode("RUNTIME_FAILED", new RegExp(`${model.vocab_size} values, got 3`)),
    );
  });
});

describe("slice_prompt", () => {
  test("leaves the new tokens", () => {
    const sequences = [
      [1, 2, 3, 4],
      [5, 6, 7, 8],
    ];
    expect(
      slice_prompt(sequences, [
        [1, 2],
        [5, 6],
      ]),
    ).toEqual([
      [3, 4],
      [7, 8],
    ]);
  });

  test("refuses other prompts and other numbers of rows", () => {
    expect(() => slice_prompt([[1, 2, 3]], [[1, 9]])).toThrowError(
      withCode("INPUT_INVALID", /token 9 at position 1, got 2/),
    );
    expect(() => slice_prompt([[1]], [[1], [2]])).toThrowError(withCode("INPUT_INVALID", /2 rows, got 1/));
  });
});
