import type { Streamer } from "@internvl/generation";
import {
  type GenerateArguments,
  type GenerateResult,
  InternVL2_5ForConditionalGeneration,
  KeyValueCache,
} from "@internvl/model";
import type { InternVL2_5Processor } from "@internvl/processor";
import { nodeRuntime } from "@internvl/runtime-node";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { RowPool } from "../src/engine/row-pool.js";
import { ANEW, convertDemo, loadDemo, square } from "./demo.js";
import { type DecoderRun, recordingRuntime } from "./recording-runtime.js";
import { convertTiny } from "./tiny.js";
import { workerRuntime } from "./worker-runtime.js";

const recorder = recordingRuntime(nodeRuntime);
const { runtime, runs } = recorder;
let demo: Awaited<ReturnType<typeof convertDemo>>;
let model: InternVL2_5ForConditionalGeneration;
let processor: InternVL2_5Processor;

beforeAll(async () => {
  demo = await convertDemo();
  ({ model, processor } = await loadDemo(demo.directory, { runtime }));
});
afterAll(async () => {
  await model.dispose();
  await demo.remove();
});
beforeEach(() => {
  runs.length = 0;
});

const RED = square(112);
const BLUE = square(224, [40, 75, 215]);

async function ask(question: string, ...images: (typeof RED)[]) {
  const content = [...images.map(() => ({ type: "image" as const })), { type: "text" as const, text: question }];
  const text = processor.apply_chat_template([{ role: "user", content }], { add_generation_prompt: true }) as string;
  return processor({ text: [text], images: images.length > 0 ? images : undefined });
}

type Call = GenerateArguments & { return_dict_in_generate?: true };

/** What a call says, without its cache. */
async function answerOf(args: Call): Promise<Omit<GenerateResult, "past_key_values">> {
  const { past_key_values, ...result } = await model.generate({ ...args, return_dict_in_generate: true });
  if (past_key_values !== args.past_key_values) past_key_values?.dispose();
  return result;
}

async function oneByOne(calls: readonly Call[]) {
  const answers = [];
  for (const call of calls) answers.push(await answerOf(call));
  return answers;
}

/** Rows of each step that was run; prompts left out. */
const rowsOfSteps = (all: readonly DecoderRun[] = runs) =>
  all.filter(({ count }) => count === 1).map(({ rows }) => rows);

/** Hears of each token. */
function onToken(hear: (tokens: number) => void): Streamer {
  let tokens = -1;
  return { put: () => hear(++tokens), end() {} };
}

/** As many tokens as are asked for. */
const exactly = (count: number) => ({ max_new_tokens: count, eos_token_id: [] });

describe("concurrent calls of generate", () => {
  it("give the tokens of each alone, with options, pictures and lengths of their own, in fewer runs", async () => {
    const even = (_: readonly number[], scores: Float32Array) => {
      for (let id = 1; id < scores.length; id += 2) scores[id] = Number.NEGATIVE_INFINITY;
    };
    const sampling = { do_sample: true, temperature: 1.5, top_k: 20 };
    const calls: Call[] = [
      { ...(await ask("Describe this image.", RED)), max_new_tokens: 32 },
      { ...(await ask("Hello")), ...exactly(20), ...sampling, seed: 1 },
      { ...(await ask("Hello")), ...exactly(20), ...sampling, seed: 2 },
      { ...(await ask("How many shapes are there?", BLUE, RED)), ...exactly(30), repetition_penalty: 1.5 },
      { ...(await ask("What is two and two?")), ...exactly(9), logits_processor: [even] },
      { ...(await ask("Which is the blue one?", BLUE)), max_new_tokens: 24, output_scores: true },
      {
        ...(await ask("Say something long.")),
        max_new_tokens: 40,
        stopping_criteria: [(ids) => ids.length % 30 === 0],
      },
    ];
    const expected = await oneByOne(calls);
    const alone = rowsOfSteps();
    expect(new Set(alone)).toEqual(new Set([1]));
    expect(new Set(expected.map(({ sequences }) => String(sequences))).size).toBe(calls.length);

    runs.length = 0;
    const answers = await Promise.all(calls.map(answerOf));
    const { scores, ...rest } = answers[5]!;
    const { scores: expectedScores, ...expectedRest } = expected[5]!;
    expect(rest).toEqual(expectedRest);
    expect(answers.toSpliced(5, 1)).toEqual(expected.toSpliced(5, 1));
    for (const [step, values] of scores!.entries()) {
      const differences = values.map((value, id) => Math.abs(value - expectedScores![step]![id]!));
      expect(Math.max(...differences)).toBeLessThan(1e-4);
    }
    const together = rowsOfSteps();
    // Every token that was read alone was read, and the rows ran together as long as there were several.
    expect(together.reduce((sum, rows) => sum + rows, 0)).toBe(alone.length);
    expect(Math.max(...together)).toBeGreaterThanOrEqual(3);
    expect(together.length).toBeLessThan(0.75 * alone.length);
  });

  it("join while another runs, and leave before it ends", async () => {
    const calls = [
      { ...(await ask("Describe this image.", RED)), ...exactly(200) },
      { ...(await ask("Hello")), ...exactly(60) },
      { ...(await ask("What colour is it?")), ...exactly(50) },
    ] as const;
    const expected = await oneByOne(calls);
    runs.length = 0;
    const later: Promise<unknown>[] = [];
    const streamer = onToken((tokens) => {
      if (tokens === 5) later.push(answerOf(calls[1]));
      if (tokens === 8) later.push(answerOf(calls[2]));
    });
    const first = await answerOf({ ...calls[0], streamer });
    expect([first, ...(await Promise.all(later))]).toEqual(expected);
    const steps = rowsOfSteps();
    expect(steps[0]).toBe(1);
    expect(Math.max(...steps)).toBe(3);
    expect(steps.at(-1)).toBe(1);
  });

  it("are not disturbed by one that is aborted, which keeps what it had", async () => {
    const calls = [
      { ...(await ask("Describe this image.", RED)), ...exactly(20) },
      { ...(await ask("Hello")), ...exactly(20) },
      { ...(await ask("What colour is it?", BLUE)), ...exactly(20) },
    ] as const;
    const expected = await oneByOne(calls);
    const controller = new AbortController();
    const streamer = onToken((tokens) => tokens === 7 && controller.abort());
    const cache = new KeyValueCache(1, model.config.text_config);
    const [before, error, after] = await Promise.all([
      answerOf(calls[0]),
      answerOf({ ...calls[1], streamer, signal: controller.signal, past_key_values: cache }).catch((thrown) => thrown),
      answerOf(calls[2]),
    ]);
    expect([before, after]).toEqual([expected[0], expected[2]]);
    expect(error.code).toBe("ABORTED");
    const [partial] = error.partial.sequences as number[][];
    expect(partial).toEqual(expected[1]!.sequences[0]!.slice(0, partial!.length));
    const prompt = (calls[1].input_ids as number[][])[0]!.length;
    expect(partial!.length).toBe(prompt + 7);
    // The cache has the beginning of it, and the call can go on from there.
    expect(cache.commonPrefix([partial!])).toBe(cache.length);
    expect(cache.length).toBeGreaterThanOrEqual(partial!.length - 1);
    cache.crop(partial!.length - 1);
    const rest = await answerOf({ input_ids: [partial!], past_key_values: cache, ...exactly(13) });
    expect(rest.sequences).toEqual(expected[1]!.sequences);
    cache.dispose();
  });

  it("end with an error of their own: a streamer's, a processor's", async () => {
    const calls = [
      { ...(await ask("Describe this image.", RED)), ...exactly(16) },
      { ...(await ask("Hello")), ...exactly(16) },
    ] as const;
    const expected = await oneByOne(calls);
    const full = new Error("The disk is full.");
    const odd = new RangeError("No such token.");
    const throwing = (error: Error, when: number) => {
      let count = 0;
      return () => {
        if (++count === when) throw error;
      };
    };
    const answers = await Promise.allSettled([
      answerOf(calls[0]),
      answerOf({ ...calls[1], streamer: { put: throwing(full, 5), end() {} } }),
      answerOf({ ...calls[1], logits_processor: [throwing(odd, 3)] }),
      answerOf(calls[1]),
    ]);
    expect(answers).toEqual([
      { status: "fulfilled", value: expected[0] },
      { status: "rejected", reason: full },
      { status: "rejected", reason: odd },
      { status: "fulfilled", value: expected[1] },
    ]);
  });

  it("get the error of a run that their rows were in, and no others", async () => {
    const single = { ...(await ask("Hello")), ...exactly(80) };
    const batch = { ...(await processor({ text: ["One", "Two and three", "Four"], padding: true })), ...exactly(20) };
    const expected = await oneByOne([single, batch]);
    recorder.failing = ({ rows, count }) => rows === 2 && count === 1;
    try {
      expect(await Promise.allSettled([answerOf(single), answerOf(batch), answerOf(single)])).toMatchObject([
        { status: "rejected", reason: { message: "This run was to fail." } },
        { status: "fulfilled", value: expected[1] },
        { status: "rejected", reason: { message: "This run was to fail." } },
      ]);
    } finally {
      recorder.failing = () => false;
    }
    expect(await Promise.all([answerOf(single), answerOf(batch), answerOf(single)])).toEqual([
      ...expected,
      expected[0],
    ]);
  });

  it("return caches to go on with, and fill those that they were given", async () => {
    const prompts = [await ask("Describe this image.", RED), await ask("Hello"), await ask("What is it?", BLUE)];
    const options = { ...exactly(10), return_dict_in_generate: true as const };
    const alone: KeyValueCache[] = [];
    for (const prompt of prompts) {
      alone.push((await model.generate({ ...prompt, ...options })).past_key_values as KeyValueCache);
    }
    const given = new KeyValueCache(1, model.config.text_config);
    runs.length = 0;
    const together = await Promise.all([
      model.generate({ ...prompts[0]!, ...options }),
      model.generate({ ...prompts[1]!, ...options, past_key_values: given }),
      model.generate({ ...prompts[2]!, ...options }),
    ]);
    expect(Math.max(...rowsOfSteps())).toBe(3);
    expect(together[1]!.past_key_values).toBe(given);
    for (const [index, { past_key_values }] of together.entries()) {
      const cache = past_key_values as KeyValueCache;
      expect(cache.rows).toEqual(alone[index]!.rows);
      const [actual, expected] = [cache, alone[index]!].map((one) => one.feeds()["past_key_values.3.value"]!);
      const width = model.config.text_config.head_dim;
      for (let at = 0; at < cache.length * width; at++) {
        expect(Math.abs((actual!.data as Float32Array)[at]! - (expected!.data as Float32Array)[at]!)).toBeLessThan(
          1e-4,
        );
      }
      cache.dispose();
      alone[index]!.dispose();
    }
  });

  it("stay by themselves where they have several rows, beams or guesses, and are right beside others", async () => {
    const batch = await processor({ text: ["One", "Two and three"], padding: true });
    const calls: Call[] = [
      { ...(await ask("Describe this image.", RED)), ...exactly(16) },
      { ...(await ask("Hello")), ...exactly(16) },
      { ...batch, ...exactly(14) },
      { ...(await ask("Hello")), max_new_tokens: 10, num_beams: 3 },
      { ...(await ask("Hello")), ...exactly(12), do_sample: true, seed: 5, num_return_sequences: 2 },
      { ...(await ask("one two one two one")), ...exactly(12), prompt_lookup_num_tokens: 4 },
    ];
    const expected = await oneByOne(calls);
    expect(await Promise.all(calls.map(answerOf))).toEqual(expected);
  });

  it("are remembered as calls alone are", async () => {
    const { model: remembering } = await loadDemo(demo.directory, { runtime, feature_cache: {}, prefix_cache: {} });
    try {
      const calls = [await ask("Describe this image.", RED), await ask("Hello")];
      const sequences = await Promise.all(calls.map((call) => remembering.generate({ ...call, ...exactly(60) })));
      expect(Math.max(...rowsOfSteps())).toBe(2);
      for (const [index, [row]] of sequences.entries()) {
        runs.length = 0;
        const input_ids = [[...row!, 9, 8, 7]];
        const { pixel_values } = calls[index]!;
        const [answer] = await remembering.generate({ input_ids, pixel_values, ...exactly(4) });
        // The last token of an answer was never read.
        expect(runs[0]).toMatchObject({ rows: 1, count: 4 });
        expect(answer).toEqual((await model.generate({ input_ids, pixel_values, ...exactly(4) }))[0]);
      }
    } finally {
      await remembering.dispose();
    }
  });

  it("copy nothing for a call that is alone", async () => {
    const join = vi.spyOn(RowPool.prototype, "join");
    try {
      const call = { ...(await ask("Hello")), ...exactly(5) };
      const before = await answerOf(call);
      expect(await answerOf(call)).toEqual(before);
      expect(join).not.toHaveBeenCalled();
      await Promise.all([answerOf(call), answerOf(call)]);
      expect(join).toHaveBeenCalledTimes(2);
    } finally {
      join.mockRestore();
    }
  });

  it("read a long prompt in pieces, between which the others go on", async () => {
    const { vocab_size } = model.config.text_config;
    const input_ids = [Array.from({ length: 900 }, (_, at) => (at * 31) % 700)];
    const long = { input_ids, prefill_chunk_size: 1000, ...exactly(4) };
    expect(vocab_size).toBeGreaterThan(700);
    const short = { ...(await ask("Hello")), ...exactly(400) };
    const expected = await oneByOne([short, long]);
    expect(runs.filter(({ count }) => count > 100).map(({ count }) => count)).toEqual([900]);
    runs.length = 0;
    let later: Promise<unknown> | undefined;
    const streamer = onToken((tokens) => {
      if (tokens === 3) later = answerOf(long);
    });
    const answer = await answerOf({ ...short, streamer });
    expect([answer, await later]).toEqual(expected);
    const pieces = [...runs.entries()].filter(([, { count }]) => count > 100);
    expect(pieces.map(([, { count }]) => count)).toEqual([256, 256, 256, 132]);
    for (const [piece, [at]] of pieces.slice(1).entries()) expect(at - pieces[piece]![0]).toBeGreaterThan(1);
  });
});

describe("concurrent calls in a worker", () => {
  it("share the runs of the one model there", async () => {
    const calls = [
      { ...(await ask("Describe this image.", RED)), ...exactly(60) },
      { ...(await ask("Hello")), ...exactly(60) },
      { ...(await ask("What is two and two?")), ...exactly(60) },
    ];
    const expected = await oneByOne(calls);
    const alone = rowsOfSteps().length;
    const { model: remote } = await loadDemo(demo.directory, { runtime: workerRuntime(runtime), worker: true });
    try {
      runs.length = 0;
      const answers = calls.map((call) => remote.generate({ ...call, return_dict_in_generate: true }));
      for (const [index, { past_key_values, ...answer }] of (await Promise.all(answers)).entries()) {
        expect(answer).toEqual(expected[index]);
        expect(past_key_values!.commonPrefix(answer.sequences)).toBe(answer.sequences[0]!.length - 1);
        past_key_values!.dispose();
      }
      expect(rowsOfSteps().length).toBeLessThan(alone * 0.75);
    } finally {
      await remote.dispose();
    }
  });
});

describe("rows that do not share a run", () => {
  it("are those of an int8 decoder, whose numbers depend on what else is in it", async () => {
    const int8 = await convertDemo({ dtype: "int8" });
    const { model } = await loadDemo(int8.directory, { runtime });
    try {
      const call = { ...(await ask("Hello")), ...exactly(12) };
      const input_ids = [Array.from({ length: 600 }, (_, at) => (at * 31) % 700)];
      const long = { input_ids, prefill_chunk_size: 1000, ...exactly(12) };
      const expected = [await model.generate(call), await model.generate(long)];
      runs.length = 0;
      expect(await Promise.all([model.generate(call), model.generate(long)])).toEqual(expected);
      expect(new Set(rowsOfSteps())).toEqual(new Set([1]));
      // Nor is its prompt divided otherwise.
      expect(runs.map(({ count }) => count)).toContain(600);
    } finally {
      await model.dispose();
      await int8.remove();
    }
  });

  it("are those that dynamic scaling rotates by their length", async () => {
    const tiny = await convertTiny("tiny-8b");
    const model = await InternVL2_5ForConditionalGeneration.from_pretrained(tiny.directory, { runtime, ...ANEW });
    try {
      expect(model.config.text_config).toMatchObject({
        rope_scaling: { rope_type: "dynamic" },
        max_position_embeddings: 100,
      });
      const { image_token_id } = model.config;
      const prompt = (length: number) =>
        Array.from({ length }, (_, at) => (at * 37) % 700).map((id) => (id === image_token_id ? 1 : id));
      const calls = [20, 30, 85, 120].map((length) => ({ input_ids: [prompt(length)], ...exactly(16) }));
      const expected = [];
      for (const call of calls) expected.push(await model.generate(call));
      runs.length = 0;
      expect(await Promise.all(calls.map((call) => model.generate(call)))).toEqual(expected);
      expect(new Set(rowsOfSteps())).toEqual(new Set([1, 2]));
      expect(runs.filter(({ rows }) => rows === 2).every(({ past }) => past <= 128)).toBe(true);
    } finally {
      await model.dispose();
      await tiny.remove();
    }
  });

  it("are those of very different lengths", async () => {
    const prompt = (length: number) => Array.from({ length }, (_, at) => (at * 31) % 700);
    const calls = [20, 40, 1500, 1600].map((length) => ({ input_ids: [prompt(length)], ...exactly(6) }));
    const expected = await oneByOne(calls);
    runs.length = 0;
    expect(await Promise.all(calls.map(answerOf))).toEqual(expected);
    const pairs = runs.filter(({ rows }) => rows > 1);
    expect(pairs.every(({ rows, past }) => rows === 2 && (past < 200 || past > 1500))).toBe(true);
    expect(pairs.length).toBeGreaterThanOrEqual(8);
  });
});
