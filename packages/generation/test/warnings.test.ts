import { generateTokens, generationWarnings } from "@internvl/generation";
import { expect, test } from "vitest";
import { ScriptedModel } from "./helpers.js";

const codes = (options: object, given?: ReadonlySet<string>) =>
  generationWarnings({ max_new_tokens: 5, ...options }, given).map(({ code, option }) => `${code} ${option}`);

test.each([
  [{}, []],
  [{ temperature: 0.5, top_p: 0.9 }, ["needs_do_sample temperature", "needs_do_sample top_p"]],
  [{ top_k: 0, min_p: 0.1, top_h: 0.3 }, ["needs_do_sample top_h", "needs_do_sample top_k", "needs_do_sample min_p"]],
  [
    { typical_p: 0.5, epsilon_cutoff: 0.1, eta_cutoff: 0.1 },
    ["typical_p", "epsilon_cutoff", "eta_cutoff"].map((name) => `needs_do_sample ${name}`),
  ],
  [{ temperature: 1, top_k: 50, top_p: 1, epsilon_cutoff: 0, min_p: null }, []],
  [{ do_sample: true, temperature: 0.5, top_p: 0.9 }, []],
  [{ early_stopping: true, length_penalty: 2 }, ["needs_beams early_stopping", "needs_beams length_penalty"]],
  [{ num_beams: 2, early_stopping: true, length_penalty: 2 }, []],
  [{ max_length: 50 }, ["overridden max_length"]],
  [{ max_new_tokens: null }, ["default_length max_new_tokens"]],
  [{ max_new_tokens: null, max_length: 50 }, []],
  [{ min_length: 2, min_new_tokens: 2 }, ["overridden min_length"]],
  [{ output_scores: true }, ["needs_return_dict output_scores"]],
  [{ output_scores: true, output_logits: true, return_dict_in_generate: true }, []],
])("%j: %j", (options, expected) => {
  expect(codes(options)).toEqual(expected);
});

test("of an option from a file nothing is said to somebody who chose another way of decoding", () => {
  const options = { do_sample: false, temperature: 0.5, num_beams: 1, length_penalty: 2 };
  expect(codes(options, new Set(["do_sample", "num_beams"]))).toEqual([]);
  expect(codes(options, new Set(["do_sample", "temperature", "num_beams"]))).toEqual(["needs_do_sample temperature"]);
  // When the file alone decides, it contradicts itself.
  expect(codes(options, new Set())).toEqual(["needs_do_sample temperature", "needs_beams length_penalty"]);
});

test("warning_callback hears of them before anything is computed", async () => {
  const heard: unknown[] = [];
  const model = new ScriptedModel([[3, 4]]);
  await generateTokens({
    input_ids: [[1]],
    model,
    first_logits: async () => {
      heard.push("prefill");
      return model.first_logits;
    },
    max_new_tokens: 2,
    top_p: 0.5,
    output_scores: true,
    warning_callback: (warning) => heard.push(warning),
  });
  expect(heard).toEqual([
    { code: "needs_do_sample", option: "top_p", message: "top_p only acts with do_sample: true." },
    "prefill",
  ]);
});

test("what the callback throws reaches the caller", async () => {
  const failure = new Error("mine");
  const model = new ScriptedModel([[3]]);
  const args = { input_ids: [[1]], model, first_logits: model.first_logits, max_new_tokens: 1, top_p: 0.5 };
  const throwing = () => {
    throw failure;
  };
  await expect(generateTokens({ ...args, warning_callback: throwing })).rejects.toBe(failure);
  expect((await generateTokens(args)).sequences).toEqual([[1, 3]]);
});
