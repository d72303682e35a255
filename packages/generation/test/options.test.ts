import {
  assertKnownOptions,
  GENERATION_OPTION_NAMES,
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
    max_length: 30,
    min_length: 0,
    do_sample: false,
    temperature: 1,
    top_k: 50,
    top_p: 1,
    min_p: undefined,
    repetition_penalty: 1,
    no_repeat_ngram_size: 0,
    eos_token_ids: [],
    pad_token_id: undefined,
    stop_strings: [],
    max_time: undefined,
    seed: undefined,
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
  [{ top_p: 0 }, /top_p/],
  [{ top_p: 1.1 }, /top_p/],
  [{ min_p: -0.1 }, /min_p/],
  [{ min_p: 1.1 }, /min_p/],
  [{ repetition_penalty: 0 }, /repetition_penalty/],
  [{ no_repeat_ngram_size: -2 }, /no_repeat_ngram_size/],
  [{ eos_token_id: [1, -1] }, /eos_token_id/],
  [{ eos_token_id: [null as unknown as number] }, /eos_token_id.*null/],
  [{ pad_token_id: -1 }, /pad_token_id/],
  [{ stop_strings: ["a", ""] }, /stop_strings/],
  [{ max_time: -1 }, /max_time/],
  [{ seed: -1 }, /seed/],
  [{ seed: 2 ** 32 }, /seed/],
])("%o is refused", (options, message) => {
  expect(() => resolveOptions(options, 10)).toThrowError(withCode("INPUT_INVALID", message));
});

test("temperature 0 may stand beside do_sample: false", () => {
  expect(resolveOptions({ temperature: 0, do_sample: false }, 1).temperature).toBe(0);
});

test.each([[{ num_beams: 4 }], [{ num_return_sequences: 2 }]])("%o is not supported yet", (options) => {
  expect(() => resolveOptions(options, 10)).toThrowError(withCode("UNSUPPORTED", /above 1/));
  expect(() => resolveOptions({ num_beams: 1, num_return_sequences: 1 }, 10)).not.toThrow();
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
  expect(() => assertKnownOptions({ colour: undefined, typical_p: null }, ["top_k"])).not.toThrow();
  expect(() => assertKnownOptions({ typical_p: 0.5 }, GENERATION_OPTION_NAMES)).toThrowError(
    withCode("UNSUPPORTED", /typical_p/),
  );
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
    ["rows that cannot be padded", { eos_token_id: null, stopping_criteria: [() => true] }, /pad_token_id/],
  ])("%s", async (_name, options, message) => {
    let computed = false;
    const args = {
      input_ids: [
        [1, 2],
        [3, 4],
      ],
      eos_token_id: 7,
      model: new ScriptedModel([[1], [1]]),
      first_logits: async () => {
        computed = true;
        return new Float32Array(0);
      },
      ...options,
    };
    await expect(generateTokens(args)).rejects.toEqual(withCode("INPUT_INVALID", message));
    expect(computed).toBe(false);
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
