import { type ProgressInfo, type RawImage, Tensor } from "@internvl/core";
import type { GenerationOptions } from "@internvl/generation";
import { type GenerateArguments, InternVL2_5ForConditionalGeneration, KeyValueCache, pipeline } from "@internvl/model";
import type { InternVL2_5Processor } from "@internvl/processor";
import { nodeRuntime as runtime } from "@internvl/runtime-node";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { PrefixCache } from "../src/engine/prefix-cache.js";
import { ANEW, convertDemo, loadDemo, square } from "./demo.js";
import { convertTiny } from "./tiny.js";

let demo: Awaited<ReturnType<typeof convertDemo>>;
/** Reads everything anew. */
let plain: InternVL2_5ForConditionalGeneration;
let model: InternVL2_5ForConditionalGeneration;
let processor: InternVL2_5Processor;

beforeAll(async () => {
  demo = await convertDemo();
  ({ model: plain } = await loadDemo(demo.directory));
  ({ model, processor } = await loadDemo(demo.directory, { prefix_cache: {} }));
});
afterEach(() => model.clearCaches());
afterAll(async () => {
  await Promise.all([plain.dispose(), model.dispose()]);
  await demo.remove();
});

const RED = square(112);
const BLUE = square(112, [40, 75, 215]);
/** Five tiles. */
const LARGE = square(224);

type Inputs = Pick<GenerateArguments, "pixel_values"> & { input_ids: number[][] };

const turn = (text: string) => `<|im_start|>user\n${text}<|im_end|>\n<|im_start|>assistant\n`;

async function ask(question: string, ...images: RawImage[]): Promise<Inputs> {
  const text = [turn("<image>\n".repeat(images.length) + question)];
  const { input_ids, pixel_values } = await processor({ text, images: images.length > 0 ? images : undefined });
  return { input_ids: input_ids as number[][], pixel_values };
}

/** The conversation so far and a further question. */
async function followUp({ pixel_values }: Inputs, [row]: readonly number[][], question: string): Promise<Inputs> {
  const { input_ids } = await ask(question);
  return { pixel_values, input_ids: [[...row!, ...input_ids[0]!]] };
}

/** What a call answers, which must be what it answers when it reads everything, and what it reports meanwhile. */
async function answer(inputs: Inputs, options: GenerationOptions = {}) {
  const reports: string[] = [];
  const progress_callback = ({ stage, loaded, total }: ProgressInfo) =>
    void reports.push(`${stage} ${loaded}/${total}`);
  const args = {
    ...inputs,
    max_new_tokens: 10,
    output_logits: true,
    ...options,
    return_dict_in_generate: true,
  } as const;
  const { past_key_values: cache, ...result } = await model.generate({ ...args, progress_callback });
  const { past_key_values: other, ...expected } = await plain.generate(args);
  expect(cache?.length).toBe(other?.length);
  expect(cache?.attention_mask).toEqual(other?.attention_mask);
  cache?.dispose();
  other?.dispose();
  expect(result.sequences).toEqual(expected.sequences);
  expect(result.finish_reasons).toEqual(expected.finish_reasons);
  for (const [step, logits] of (result.logits ?? []).entries()) {
    const differences = logits.map((logit, i) => Math.abs(logit - expected.logits![step]![i]!));
    expect(differences.reduce((most, difference) => Math.max(most, difference))).toBeLessThan(1e-4);
  }
  return { sequences: result.sequences, reports };
}

const stats = async () => (await model.cacheStats()).prefixes!;
/** How many tokens a call did not read again. */
async function reused(call: () => Promise<unknown>): Promise<number> {
  const { tokens } = await stats();
  await call();
  return (await stats()).tokens - tokens;
}

describe("a prompt that begins as an earlier one", () => {
  it("is read from where it differs: a follow-up, a second question, a retry", async () => {
    const first = await ask("Describe this image.", RED);
    const length = first.input_ids[0]!.length;
    const { sequences, reports } = await answer(first);
    expect(reports).toEqual(["vision 0/1", "vision 1/1", `prefill ${length}/${length}`]);

    const second = await followUp(first, sequences, "How many shapes are there?");
    const left = second.input_ids[0]!.length - sequences[0]!.length + 1;
    expect((await answer(second)).reports).toEqual([`prefill ${left}/${left}`]);

    const other = await ask("Is there a red square?", RED);
    const common = other.input_ids[0]!.findIndex((id, at) => id !== first.input_ids[0]![at]);
    expect(common).toBeGreaterThan(model.config.num_image_token);
    expect(await reused(() => answer(other))).toBe(common);
    // All of it is there, and one token must be read.
    expect((await answer(first)).reports).toEqual([]);
    expect(await reused(() => answer(first))).toBe(length - 1);
  });

  it.each<[string, GenerationOptions]>([
    ["sampling", { do_sample: true, temperature: 3, top_k: 0, seed: 7 }],
    ["several answers", { do_sample: true, temperature: 2, top_k: 0, seed: 3, num_return_sequences: 3 }],
    ["beams", { num_beams: 3, num_return_sequences: 2, output_logits: false }],
    ["prompt lookup", { prompt_lookup_num_tokens: 3, output_logits: false }],
    ["a repetition penalty", { repetition_penalty: 1.3 }],
  ])("gives the same tokens with %s, and can be gone on from", async (_, options) => {
    const first = await ask("Describe this image.", LARGE);
    const { sequences } = await answer(first, options);
    const second = await followUp(first, sequences, "How many shapes are there?");
    const most = await reused(() => answer(second, options));
    expect(most).toBeGreaterThanOrEqual(first.input_ids[0]!.length);
    expect(await reused(() => answer(first, options))).toBe(first.input_ids[0]!.length - 1);
    expect(await reused(() => answer(second))).toBe(second.input_ids[0]!.length - 1);
  });

  it("is not taken for one with another picture in the same places", async () => {
    const [red, blue] = [await ask("Describe this image.", RED), await ask("Describe this image.", BLUE)];
    expect(red.input_ids).toEqual(blue.input_ids);
    const picture = red.input_ids[0]!.indexOf(model.config.image_token_id);
    const answers: number[][][] = [];
    for (const [index, inputs] of [red, blue, red, blue].entries()) {
      const tokens = await reused(async () => answers.push((await answer(inputs)).sequences));
      expect(tokens).toBe([0, picture, red.input_ids[0]!.length - 1, red.input_ids[0]!.length - 1][index]);
    }
    expect(answers[0]).not.toEqual(answers[1]);
    expect(answers.slice(2)).toEqual(answers.slice(0, 2));
  });

  it("is read from the beginning of the first tile that differs", async () => {
    const inputs = await ask("Describe this image.", LARGE);
    // Two tiles of it are white all over: they must differ here.
    (inputs.pixel_values!.data as Float32Array).forEach((_, i, pixels) => {
      pixels[i] = Math.sin(i * 0.001);
    });
    await answer(inputs);
    const { image_token_id, num_image_token } = model.config;
    const picture = inputs.input_ids[0]!.indexOf(image_token_id);
    for (const tile of [4, 2, 0]) {
      const { data, dims } = inputs.pixel_values!;
      const changed = (data as Float32Array).slice();
      const size = changed.length / dims[0]!;
      changed.fill(0.25, tile * size, (tile + 1) * size);
      const other = { ...inputs, pixel_values: new Tensor("float32", changed, dims) };
      expect(await reused(() => answer(other))).toBe(picture + tile * num_image_token);
      // A tile that is flagged out has no place: what comes behind it moves up.
      const flags = Array.from({ length: 5 }, (_, index) => (index === tile ? 0 : 1));
      const places = inputs.input_ids[0]!.toSpliced(picture + tile * num_image_token, num_image_token);
      const flagged = { ...other, input_ids: [places], image_flags: flags };
      expect(await reused(() => answer(flagged))).toBe(picture + tile * num_image_token);
      await model.clearCaches();
      await answer(inputs);
    }
  });

  it("goes on from what an aborted call has read, in the middle of a tile too", async () => {
    const inputs = await ask("Describe this image.", LARGE);
    const picture = inputs.input_ids[0]!.indexOf(model.config.image_token_id);
    const length = picture + 3 * model.config.num_image_token + 5;
    const controller = new AbortController();
    const progress_callback = ({ stage }: ProgressInfo) => stage === "prefill" && controller.abort();
    const args = { ...inputs, prefill_chunk_size: length, signal: controller.signal, progress_callback };
    await expect(model.generate(args)).rejects.toMatchObject({ code: "ABORTED" });
    let reports: string[] = [];
    expect(await reused(async () => ({ reports } = await answer(inputs)))).toBe(length);
    expect(reports.slice(0, 2)).toEqual(["vision 0/2", "vision 2/2"]);
    // Also one that was stopped in its answer.
    const stopped = new AbortController();
    let steps = 0;
    const streamer = { put: () => void (++steps === 2 && stopped.abort()), end: () => {} };
    const other = await ask("How many shapes are there?", LARGE);
    await expect(model.generate({ ...other, streamer, signal: stopped.signal })).rejects.toMatchObject({
      code: "ABORTED",
    });
    expect(await reused(() => answer(other))).toBe(other.input_ids[0]!.length - 1);
  });

  it("is served while others are: calls at the same time, from one point", async () => {
    const first = await ask("Describe this image.", RED);
    const { sequences } = await answer(first);
    const questions = ["How many shapes are there?", "Is there a red square?", "Is there a blue circle in it?"];
    const prompts = await Promise.all(questions.map((question) => followUp(first, sequences, question)));
    prompts.push(first, await ask("Describe this image.", BLUE), first);
    const all = [...prompts, ...prompts];
    const expected = [];
    for (const prompt of all) expected.push(await plain.generate({ ...prompt, max_new_tokens: 10 }));
    expect(await Promise.all(all.map((prompt) => model.generate({ ...prompt, max_new_tokens: 10 })))).toEqual(expected);
    expect((await stats()).hits).toBeGreaterThan(8);
  });

  it("is one of chat, with its history, and of a pipeline", async () => {
    const { pixel_values } = await ask("", RED);
    const talk = async (one: typeof model) => {
      const options = { max_new_tokens: 8 };
      const [, history] = (await one.chat(processor, pixel_values!, "Describe it.", options, null, true)) as [
        string,
        [string, string][],
      ];
      return one.chat(processor, pixel_values!, "How many shapes are there?", options, history, true);
    };
    const expected = await talk(plain);
    expect(await reused(async () => expect(await talk(model)).toEqual(expected))).toBeGreaterThan(20);
    const texts = ["<image>\nDescribe it.", "<image>\nHow many shapes are there?"].map(turn);
    const [pipe, anew] = await Promise.all(
      [model, plain].map((one) => pipeline("image-text-to-text", one, { processor })),
    );
    const prompts = texts.map((text) => ({ images: RED, text }));
    const answers = await anew!(prompts, { max_new_tokens: 8 });
    const picture = model.config.num_image_token;
    expect(
      await reused(async () => expect(await pipe!(prompts, { max_new_tokens: 8 })).toEqual(answers)),
    ).toBeGreaterThan(picture);
  });

  it("leaves the cache that a caller gets to them, whatever they do with it", async () => {
    const first = await ask("Describe this image.", RED);
    const args = { ...first, max_new_tokens: 6, return_dict_in_generate: true } as const;
    const { sequences, past_key_values } = await model.generate(args);
    const cache = past_key_values as KeyValueCache;
    // Reading on copies nothing: the arrays stay the same ones.
    const arrays = () =>
      Object.values(cache.feeds())
        .map(({ data }) => data)
        .slice(1);
    const before = arrays();
    for (const id of [11, 12, 13]) await model.forward({ input_ids: [[id]], past_key_values: cache });
    expect(arrays().every((array, index) => array === before[index])).toBe(true);
    const second = await followUp(first, sequences, "How many shapes are there?");
    await answer(second);
    cache.crop(5);
    await model.forward({ input_ids: [[14]], past_key_values: cache });
    await answer(await followUp(first, sequences, "Is there a red square?"));
    cache.dispose();
    expect(await reused(() => answer(second))).toBe(second.input_ids[0]!.length - 1);
  });
});

describe("what is kept", () => {
  it("is bounded by bytes, the least recently used is dropped, and what goes on from it stands for it", async () => {
    const questions = ["Describe this image.", "How many shapes are there?", "Is there a red square?"];
    const prompts = await Promise.all(questions.map((question) => ask(question)));
    const { model: other } = await loadDemo(demo.directory, { prefix_cache: {} });
    const run = (args: Inputs) => other.generate({ ...args, max_new_tokens: 4, eos_token_id: null });
    await run(prompts[0]!);
    const { bytes } = (await other.cacheStats()).prefixes!;
    await other.dispose();

    const { model: small } = await loadDemo(demo.directory, { prefix_cache: { max_bytes: 2 * bytes } });
    const kept = async () => (await small.cacheStats()).prefixes!;
    const fromScratch = async (args: Inputs) => {
      const { tokens } = await kept();
      await small.generate({ ...args, max_new_tokens: 4, eos_token_id: null });
      return (await kept()).tokens - tokens < args.input_ids[0]!.length - 1;
    };
    const order = [0, 1, 0, 2, 0, 1];
    const anew = [];
    for (const index of order) anew.push(await fromScratch(prompts[index]!));
    expect(anew).toEqual([true, true, false, true, false, true]);
    expect((await kept()).bytes).toBeLessThanOrEqual(2 * bytes);
    // A conversation that grows is one sequence.
    await small.clearCaches();
    expect(await kept()).toMatchObject({ sequences: 0, bytes: 0 });
    let rows = prompts[0]!.input_ids;
    for (let question = 0; question < 3; question++) {
      rows = await small.generate({ input_ids: rows, max_new_tokens: 2, eos_token_id: null });
      expect(await kept()).toMatchObject({ sequences: 1 });
    }
    // Of what is too large alone there is its beginning.
    const long = { input_ids: [Array.from({ length: 400 }, (_, i) => (i * 37) % 90)], max_new_tokens: 6 };
    const expected = await plain.generate(long);
    const { tokens: before } = await kept();
    for (let call = 0; call < 2; call++) expect(await small.generate(long)).toEqual(expected);
    const { tokens, ...now } = await kept();
    const token = 2 * 4 * plain.config.text_config.num_hidden_layers * plain.config.text_config.num_key_value_heads;
    const room = Math.floor((2 * bytes) / (token * plain.config.text_config.head_dim));
    expect(room).toBeLessThan(400);
    expect(tokens - before).toBe(room);
    expect(now.bytes).toBeLessThanOrEqual(2 * bytes);
    await small.dispose();
    const { model: none } = await loadDemo(demo.directory, { prefix_cache: { max_bytes: 0 } });
    for (let call = 0; call < 2; call++) expect(await none.generate(long)).toEqual(expected);
    expect((await none.cacheStats()).prefixes).toMatchObject({ bytes: 0, hits: 0, tokens: 0 });
    await none.dispose();
    await expect(small.cacheStats()).rejects.toMatchObject({ code: "RELEASED" });
    await expect(small.clearCaches()).rejects.toMatchObject({ code: "RELEASED" });
  });

  it("is not of batches, of padded rows and of a caller's own cache, and they do not ask for it", async () => {
    const inputs = await ask("Describe this image.", RED);
    const [row] = inputs.input_ids as [number[]];
    await answer(inputs);
    const before = await stats();
    const tile = inputs.pixel_values!.data as Float32Array;
    const twice = new Tensor("float32", Float32Array.of(...tile, ...tile), [2, 3, 112, 112]);
    await answer({ input_ids: [row, row], pixel_values: twice });
    const padded = { ...inputs, input_ids: [[0, 0, ...row]], attention_mask: [[0, 0, ...row.map(() => 1)]] };
    await answer(padded);
    const past_key_values = new KeyValueCache(1, model.config.text_config);
    await model.generate({ ...inputs, past_key_values, max_new_tokens: 2 });
    past_key_values.dispose();
    await model.forward(inputs).then((output) => output.past_key_values!.dispose());
    expect(await stats()).toEqual(before);
  });

  it("is not of rows with hidden columns, which fit any prompt", () => {
    const prefixes = new PrefixCache(1000, { image_token_id: 7, num_image_token: 4 });
    const shape = { num_hidden_layers: 0, num_key_value_heads: 1, head_dim: 1 };
    const read = (visible: number[]) => {
      const cache = new KeyValueCache(1, shape);
      prefixes.restore(cache, { input_ids: [1, 2, 3, 4], digests: [], spare: 0 });
      if (cache.length === 0) cache.append({}, { visible: [visible], tokens: [[1, 2, 3]], spare: 0 });
      prefixes.keep(cache);
      return prefixes.stats;
    };
    expect(read([1, 0, 1])).toMatchObject({ sequences: 0, hits: 0 });
    expect(read([1, 1, 1])).toMatchObject({ sequences: 1, hits: 0 });
    expect(read([1, 1, 1])).toMatchObject({ sequences: 1, hits: 1, tokens: 3 });
  });
});

describe.each([
  ["an int8 decoder", { dtype: "int8" }],
  ["prompts in int8", { dtype: { decoder_model_merged: "fp32" }, prompt_dtype: "int8" }],
  ["int8 for what follows prompts", { dtype: { decoder_model_merged: "int8" }, prompt_dtype: "fp32" }],
] as const)("%s", (_, options) => {
  let converted: Awaited<ReturnType<typeof convertDemo>>;
  let int8: InternVL2_5ForConditionalGeneration;
  let without: InternVL2_5ForConditionalGeneration;
  beforeAll(async () => {
    const dtypes = ["int8", { decoder_model_merged: "fp32" }] as const;
    converted = await convertDemo({ dtype: [...dtypes] });
    ({ model: int8 } = await loadDemo(converted.directory, { ...options, prefix_cache: {} }));
    ({ model: without } = await loadDemo(converted.directory, options));
  });
  afterAll(async () => {
    await Promise.all([int8.dispose(), without.dispose()]);
    await converted.remove();
  });

  const answerOf = async (one: typeof model, args: Inputs & GenerationOptions & { prefill_chunk_size?: number }) => {
    const options = { max_new_tokens: 3, output_logits: true, return_dict_in_generate: true } as const;
    const { logits, sequences, past_key_values } = await one.generate({ ...args, ...options });
    past_key_values!.dispose();
    return { sequences, logits };
  };
  /** Tokens that were not read again for an answer, which must be that of a model which remembers nothing, in every bit. */
  const reusedFor = async (args: Parameters<typeof answerOf>[1]) => {
    const before = (await int8.cacheStats()).prefixes!.tokens;
    expect(await answerOf(int8, args)).toEqual(await answerOf(without, args));
    return (await int8.cacheStats()).prefixes!.tokens - before;
  };

  it("reads a prompt again from its last whole piece on, because it rounds by what is read at once", async () => {
    const first = await ask("Describe this image.", LARGE, LARGE, LARGE);
    const length = first.input_ids[0]!.length;
    expect(length).toBeGreaterThan(256);
    expect(length).toBeLessThan(384);
    expect(await reusedFor(first)).toBe(0);
    const { sequences } = await answerOf(without, first);
    const second = await followUp(first, sequences, "How many shapes are there? And which of them is the largest?");
    expect(await reusedFor(second)).toBe(256);
    expect(await reusedFor(await followUp(first, sequences, "Which colours are there?"))).toBe(256);
    expect(await reusedFor(first)).toBe(256);
    // In other pieces nothing is the same, and in these pieces what was read in them.
    expect(await reusedFor({ ...first, prefill_chunk_size: 100 })).toBe(0);
    expect(await reusedFor({ ...second, prefill_chunk_size: 100 })).toBe(200);
    // Steps of an answer are no pieces, even where a piece is as short as a step.
    expect(await reusedFor({ ...first, prefill_chunk_size: 1 })).toBe(0);
    expect(await reusedFor({ ...second, prefill_chunk_size: 1 })).toBe(length);
  });

  it("has nothing of prompts that are shorter than a piece", async () => {
    await int8.clearCaches();
    const short = await ask("Describe this image.", RED);
    expect(await reusedFor(short)).toBe(0);
    expect(await reusedFor(short)).toBe(0);
  });
});

describe("dynamic scaling", () => {
  it("keeps a prompt that is rotated for its whole length from what was rotated for another", async () => {
    const tiny = await convertTiny("tiny-8b");
    const [one, other] = await Promise.all(
      [{ prefix_cache: {} }, {}].map((options) =>
        InternVL2_5ForConditionalGeneration.from_pretrained(tiny.directory, { runtime, ...ANEW, ...options }),
      ),
    );
    expect(one!.config.text_config).toMatchObject({
      max_position_embeddings: 100,
      rope_scaling: { rope_type: "dynamic" },
    });
    const row = Array.from({ length: 130 }, (_, i) => (37 * i) % 200);
    const logitsOf = async (from: typeof model, length: number) => {
      const options = { max_new_tokens: 12, eos_token_id: null, output_logits: true } as const;
      const args = { input_ids: [row.slice(0, length)], ...options, return_dict_in_generate: true } as const;
      const { past_key_values, logits } = await from.generate(args);
      past_key_values!.dispose();
      return logits!.map((step) => Array.from(step));
    };
    // In the trained length with an answer beyond, beyond, and back.
    for (const length of [90, 130, 99, 120, 92, 100]) {
      const [actual, expected] = [await logitsOf(one!, length), await logitsOf(other!, length)];
      const differences = actual.flatMap((step, at) => step.map((logit, i) => Math.abs(logit - expected[at]![i]!)));
      expect(differences.reduce((most, difference) => Math.max(most, difference))).toBeLessThan(1e-4);
    }
    expect((await one!.cacheStats()).prefixes).toMatchObject({ misses: 1, hits: 3, tokens: 90 + 91 + 99 });
    await Promise.all([one!.dispose(), other!.dispose()]);
    await tiny.remove();
  });
});
