import { AbortedError } from "@internvl/core";
import { type GenerateTokensArguments, generateTokens, randomStreams } from "@internvl/generation";
import { describe, expect, test } from "vitest";
import { drawSeveral } from "../src/sampling/draw-several.js";
import fixture from "./fixtures/generations.json";
import { MarkovModel } from "./helpers.js";

const { table, prompts } = fixture.runs[0]!;

function generate(options: Partial<GenerateTokensArguments>, input_ids: readonly (readonly number[])[] = prompts) {
  const model = new MarkovModel(table, input_ids);
  const result = generateTokens({
    input_ids,
    model,
    first_logits: model.first_logits,
    eos_token_id: 2,
    pad_token_id: 0,
    max_new_tokens: 12,
    logits_processor: [(ids, _scores, row) => expect(model.read_tokens[row]!.slice(0, ids.length)).toEqual([...ids])],
    ...options,
  });
  return { model, result };
}

describe("num_return_sequences", () => {
  const sampling = { do_sample: true, seed: 7, top_k: 0 };

  test("draws as many rows of the same prompt would", async () => {
    const several = await generate({ ...sampling, num_return_sequences: 3 }).result;
    const rows = await generate(
      sampling,
      [0, 0, 0, 1, 1, 1].map((prompt) => prompts[prompt]!),
    ).result;
    expect(several).toEqual(rows);
    expect(new Set(several.sequences.map(String)).size).toBeGreaterThan(2);
  });

  test("reads each prompt once, and streams all rows", async () => {
    const lengths: number[] = [];
    const { model, result } = generate({
      ...sampling,
      num_return_sequences: 2,
      max_new_tokens: 1,
      streamer: { put: (ids) => lengths.push(ids.length), end() {} },
    });
    expect((await result).sequences).toHaveLength(4);
    expect(lengths).toEqual([4, 4]);
    expect(model.steps).toBe(0);
  });
});

describe("beam sampling: num_beams with do_sample", () => {
  const beams = { num_beams: 4, do_sample: true, seed: 3, num_return_sequences: 2 };

  test("is the same for the same seed, another for another seed, and its rows do not depend on other prompts", async () => {
    const both = await generate(beams).result;
    expect(await generate(beams).result).toEqual(both);
    expect(await generate({ ...beams, seed: 4 }).result).not.toEqual(both);
    const first = await generate(beams, [prompts[0]!]).result;
    expect(both.sequences_scores!.slice(0, 2)).toEqual(first.sequences_scores);
    expect(both.seed).toBe(3);
  });

  test("says so when the options leave too few tokens", async () => {
    const refused = generate({ ...beams, prefix_allowed_tokens_fn: () => [5] }).result;
    await expect(refused).rejects.toMatchObject({
      code: "INPUT_INVALID",
      message: expect.stringMatching(/at least 8.*got 1/),
    });
  });

  test("draws from what is left, by the rule of one draw", () => {
    const scores = Float32Array.of(0, Number.NEGATIVE_INFINITY, 2, 1, -1, 0.5);
    for (let seed = 0; seed < 200; seed++) {
      const [own] = randomStreams(seed, 1);
      const [random] = randomStreams(seed, 1);
      const left = scores.slice();
      const expected = Array.from({ length: 4 }, () => {
        const weights = [...left].map((score) => Math.exp(score));
        const target = random!() * weights.reduce((sum, weight) => sum + weight, 0);
        const drawn = weights.findIndex((_, id) => weights.slice(0, id + 1).reduce((sum, w) => sum + w, 0) > target);
        left[drawn] = Number.NEGATIVE_INFINITY;
        return drawn;
      });
      expect(drawSeveral(scores, 4, own!)).toEqual(expected);
    }
  });
});

test("an abort of a beam search leaves the best beams so far", async () => {
  const controller = new AbortController();
  const { model, result } = generate({
    num_beams: 3,
    num_return_sequences: 2,
    eos_token_id: null,
    signal: controller.signal,
    stopping_criteria: [
      (ids) => {
        if (ids.length === 7) controller.abort();
        return false;
      },
    ],
  });
  const error: unknown = await result.catch((error: unknown) => error);
  expect(error).toBeInstanceOf(AbortedError);
  const { sequences } = (error as AbortedError).partial as { sequences: number[][] };
  expect(sequences).toHaveLength(4);
  for (const [row, sequence] of sequences.entries()) {
    expect(sequence).toHaveLength(7);
    expect(sequence.slice(0, 4)).toEqual(prompts[row >> 1]);
  }
  expect(model.steps).toBe(2);
});

describe("logits that are no numbers", () => {
  const broken = (token: number) =>
    table.map((row, id) => (id === token ? row.map((value, index) => (index === 3 ? Number.NaN : value)) : row));

  test.each([{}, { do_sample: true, seed: 1 }, { num_beams: 2 }])("with %j name row and step", async (options) => {
    const model = new MarkovModel(broken(9), [[4], [9]]);
    const args = { input_ids: [[4], [9]], model, first_logits: model.first_logits, pad_token_id: 0, max_new_tokens: 5 };
    const row = "num_beams" in options ? 2 : 1;
    await expect(generateTokens({ ...args, ...options })).rejects.toMatchObject({
      code: "RUNTIME_FAILED",
      message: expect.stringContaining(`of row ${row} at step 0 hold values that are no numbers`),
    });
    const removed = await generateTokens({ ...args, ...options, remove_invalid_values: true });
    expect(removed.sequences).toHaveLength(2);
  });
});

describe("prompt_lookup_num_tokens and max_matching_ngram_size", () => {
  // Each token has one that it nearly always leads to, so that answers repeat themselves.
  const steady = table.map((row, id) => row.map((value, next) => (next === (id % 5) + 3 ? value + 9 : value)));
  const run = async (options: Partial<GenerateTokensArguments>) => {
    const model = new MarkovModel(steady, [prompts[0]!]);
    const result = await generateTokens({
      input_ids: [prompts[0]!],
      model,
      first_logits: model.first_logits,
      eos_token_id: 2,
      max_new_tokens: 40,
      output_scores: true,
      output_logits: true,
      ...options,
    });
    return { result, steps: model.steps, read: model.read_tokens[0]! };
  };

  test.each([
    {},
    { do_sample: true, seed: 5, temperature: 2.5, top_k: 0 },
    { repetition_penalty: 1.3 },
    { max_new_tokens: 1 },
    { max_new_tokens: 7 },
    { eos_token_id: [2, 6] },
  ])("change no token, score or logit with %j", async (options) => {
    const without = await run(options);
    for (const [prompt_lookup_num_tokens, max_matching_ngram_size] of [
      [1, 1],
      [3, 2],
      [10, 3],
    ] as const) {
      const lookup = await run({ ...options, prompt_lookup_num_tokens, max_matching_ngram_size });
      expect(lookup.result).toEqual(without.result);
      // What was guessed wrong is forgotten: all but the last token has been read.
      expect(lookup.read).toEqual(lookup.result.sequences[0]!.slice(0, -1));
    }
  });

  test("need fewer steps where the answer repeats itself", async () => {
    const without = await run({});
    const lookup = await run({ prompt_lookup_num_tokens: 5 });
    expect(without.steps).toBe(39);
    expect(lookup.steps).toBeLessThan(15);
  });

  test("leave nothing read that the row lacks when a streamer throws", async () => {
    const failure = new Error("mine");
    const model = new MarkovModel(steady, [prompts[0]!]);
    const seen: number[] = [...prompts[0]!];
    const streamer = {
      put(ids: readonly (readonly number[])[]) {
        if (ids[0]!.length === 1) seen.push(ids[0]![0]!);
        if (seen.length === 26) throw failure;
      },
      end() {},
    };
    const first_logits = model.first_logits;
    const options = { max_new_tokens: 40, prompt_lookup_num_tokens: 5, streamer };
    await expect(generateTokens({ input_ids: [prompts[0]!], model, first_logits, ...options })).rejects.toBe(failure);
    expect(model.read_tokens[0]).toEqual(seen.slice(0, model.read_tokens[0]!.length));
    expect(model.read_tokens[0]!.length).toBeGreaterThan(20);
  });

  test("stream one token at a time", async () => {
    const heard: number[][][] = [];
    const streamer = { put: (ids: readonly (readonly number[])[]) => heard.push(ids.map((row) => [...row])), end() {} };
    const { result } = await run({ prompt_lookup_num_tokens: 5, streamer });
    expect(heard.slice(1).flat(2)).toEqual(result.sequences[0]!.slice(4));
    for (const ids of heard.slice(1)) expect(ids[0]).toHaveLength(1);
  });
});
