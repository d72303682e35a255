import { type ProgressInfo, Tensor } from "@internvl/core";
import { TextIteratorStreamer } from "@internvl/generation";
import { type GenerateArguments, type InternVL2_5ForConditionalGeneration, KeyValueCache } from "@internvl/model";
import type { InternVL2_5Processor } from "@internvl/processor";
import { describe, expect, it } from "vitest";
import { square, withDemo } from "./demo.js";

let model: InternVL2_5ForConditionalGeneration;
let processor: InternVL2_5Processor;

withDemo((demo) => {
  ({ model, processor } = demo);
});

const RED = square(112);
const BLUE = square(112, [40, 75, 215]);

async function firstQuestion() {
  const text = "<|im_start|>user\n<image>\nDescribe this image.<|im_end|>\n<|im_start|>assistant\n";
  const inputs = await processor({ text: [text], images: [RED] });
  const result = await model.generate({ ...inputs, max_new_tokens: 6, return_dict_in_generate: true });
  return { inputs, cache: result.past_key_values!, sequences: result.sequences };
}

/** The sequences so far and a further turn, with its pictures. */
async function followUp(sequences: readonly number[][], question: string, images: (typeof RED)[] = []) {
  const text = `<|im_end|>\n<|im_start|>user\n${question}<|im_end|>\n<|im_start|>assistant\n`;
  const turn = await processor({ text: [text], images: images.length > 0 ? images : undefined });
  const [ids] = turn.input_ids as number[][];
  return { input_ids: sequences.map((row) => [...row, ...ids!]), pixel_values: turn.pixel_values };
}

function joinTiles(...parts: Tensor[]): Tensor {
  const data = Float32Array.from(parts.flatMap((part) => Array.from(part.data as Float32Array)));
  return new Tensor("float32", data, [parts.length, ...parts[0]!.dims.slice(1)]);
}

/** What a call reports: `stage loaded/total`. */
function recorder() {
  const reports: string[] = [];
  const progress_callback = ({ stage, loaded, total }: ProgressInfo) =>
    void reports.push(`${stage} ${loaded}/${total}`);
  return { reports, progress_callback };
}

const failure = (args: GenerateArguments) => model.generate(args).catch((error) => error);

describe("generate with past_key_values", () => {
  it("returns the cache of all sequences but their last token", async () => {
    const { cache, sequences } = await firstQuestion();
    expect(cache.length).toBe(sequences[0]!.length - 1);
    expect(cache.commonPrefix(sequences)).toBe(cache.length);
    cache.dispose();
  });

  it("reads only what is new, and answers as if it had read everything", async () => {
    const { inputs, cache, sequences } = await firstQuestion();
    const before = cache.length;
    const { input_ids } = await followUp(sequences, "How many shapes are there?");
    const { pixel_values } = inputs;
    const expected = await model.generate({ input_ids, pixel_values, max_new_tokens: 12 });
    for (const given of [undefined, pixel_values]) {
      const past_key_values = cache.fork();
      const { reports, progress_callback } = recorder();
      const result = await model.generate({
        ...{ input_ids, pixel_values: given, past_key_values, progress_callback, max_new_tokens: 12 },
        return_dict_in_generate: true,
      });
      expect(result.sequences).toEqual(expected);
      expect(result.past_key_values).toBe(past_key_values);
      expect(past_key_values.length).toBe(expected[0]!.length - 1);
      const left = input_ids[0]!.length - before;
      expect(reports).toEqual([`prefill ${left}/${left}`]);
      past_key_values.dispose();
    }
    // The caller's own is kept as well when only sequences are asked for.
    expect(await model.generate({ input_ids, past_key_values: cache, max_new_tokens: 12 })).toEqual(expected);
    expect(cache.length).toBe(expected[0]!.length - 1);
    cache.dispose();
  });

  it("encodes only the pictures that are not cached as a whole", async () => {
    const { inputs, cache, sequences } = await firstQuestion();
    const { input_ids, pixel_values: blue } = await followUp(sequences, "<image>\nAnd this one?", [BLUE]);
    const pixel_values = joinTiles(inputs.pixel_values!, blue!);
    const expected = await model.generate({ input_ids, pixel_values, max_new_tokens: 12 });
    // Also from a cache that ends in the middle of the first picture.
    const middle = (inputs.input_ids as number[][])[0]!.indexOf(model.config.image_token_id) + 5;
    for (const [length, tiles] of [
      [cache.length, 1],
      [middle, 2],
    ]) {
      const past_key_values = cache.fork();
      past_key_values.crop(length!);
      const { reports, progress_callback } = recorder();
      const args = { input_ids, pixel_values, past_key_values, progress_callback, max_new_tokens: 12 };
      expect(await model.generate(args)).toEqual(expected);
      expect(reports.slice(0, 2)).toEqual([`vision 0/${tiles}`, `vision ${tiles}/${tiles}`]);
      past_key_values.dispose();
    }
    const grey = new Tensor(
      "float32",
      (blue!.data as Float32Array).map(() => 0.5),
      blue!.dims,
    );
    const flagged = { pixel_values: joinTiles(inputs.pixel_values!, grey, blue!), image_flags: [1, 0, 1] };
    expect(await model.generate({ input_ids, ...flagged, past_key_values: cache, max_new_tokens: 12 })).toEqual(
      expected,
    );
    cache.dispose();

    const { cache: other } = await firstQuestion();
    expect(await failure({ input_ids, past_key_values: other })).toMatchObject({
      code: "INPUT_INVALID",
      parts: {
        got: "32 image tokens in input_ids, 16 of them in past_key_values",
        fix: /Pass the pictures of the whole/,
      },
    });
    expect(await failure({ input_ids, pixel_values: blue, past_key_values: other })).toMatchObject({
      code: "INPUT_INVALID",
      parts: { expected: "16 image tokens for 1 tiles of 16" },
    });
    other.dispose();
  });

  it("goes on from a padded batch whose rows ended at different times", async () => {
    const turn = (question: string) => `<|im_start|>user\n<image>\n${question}<|im_end|>\n<|im_start|>assistant\n`;
    const text = [turn("Is there a red square? Please say yes or no."), turn("Describe this image.")];
    const inputs = await processor({ text, images: [RED, BLUE], padding: true });
    const first = await model.generate({ ...inputs, max_new_tokens: 24, return_dict_in_generate: true });
    const { sequences, generated_tokens, past_key_values } = first;
    expect(generated_tokens[0]).not.toBe(generated_tokens[1]);
    const { input_ids } = await followUp(sequences, "How many shapes are there?");
    const prompt = (inputs.input_ids as number[][])[0]!.length;
    const attention_mask = input_ids.map((row, index) =>
      row.map((_, at) => {
        if (at < prompt) return (inputs.attention_mask as number[][])[index]![at]!;
        return at >= prompt + generated_tokens[index]! && at < sequences[0]!.length ? 0 : 1;
      }),
    );
    expect(attention_mask.flat()).toContain(0);
    const { pixel_values } = inputs;
    const options = { max_new_tokens: 16, output_logits: true, return_dict_in_generate: true as const };
    const expected = await model.generate({ input_ids, attention_mask, pixel_values, ...options });
    const result = await model.generate({ input_ids, attention_mask, past_key_values, ...options });
    expect(result.sequences).toEqual(expected.sequences);
    const [logits] = expected.logits!;
    const differences = result.logits![0]!.map((logit, i) => Math.abs(logit - logits![i]!));
    expect(differences.reduce((most, difference) => Math.max(most, difference))).toBeLessThan(1e-4);
    expected.past_key_values!.dispose();
    past_key_values!.dispose();
  });

  it("gives forks that are read at the same time what each gets alone", async () => {
    const { cache, sequences } = await firstQuestion();
    const questions = ["How many shapes are there?", "Is there a red square?", "Is there a blue circle in it?"];
    const prompts = await Promise.all(questions.map((question) => followUp(sequences, question)));
    const ask = async ({ input_ids }: { input_ids: number[][] }) => {
      const past_key_values = cache.fork();
      const answer = await model.generate({ input_ids, past_key_values, max_new_tokens: 10 });
      past_key_values.dispose();
      return answer;
    };
    const expected = [];
    for (const prompt of prompts) expected.push(await ask(prompt));
    expect(await Promise.all(prompts.map(ask))).toEqual(expected);
    cache.dispose();
  });

  it("comes back from a file", async () => {
    const { inputs, cache, sequences } = await firstQuestion();
    const past_key_values = KeyValueCache.load(await cache.save(), model.config.text_config);
    cache.dispose();
    const { input_ids } = await followUp(sequences, "How many shapes are there?");
    const expected = await model.generate({ input_ids, pixel_values: inputs.pixel_values, max_new_tokens: 8 });
    expect(await model.generate({ input_ids, past_key_values, max_new_tokens: 8 })).toEqual(expected);
    past_key_values.dispose();
  });

  it("refuses a cache that does not fit, and tells the streamer", async () => {
    const { inputs, cache, sequences } = await firstQuestion();
    const [row] = sequences as [number[]];
    const past_key_values = cache;
    const short = { input_ids: [row.slice(0, cache.length)], past_key_values };
    expect(await failure(short)).toMatchObject({
      code: "INPUT_INVALID",
      parts: { expected: `fewer than ${cache.length} tokens, the prompt's length`, got: String(cache.length) },
    });
    const other = row.with(cache.length - 2, row[0]!);
    expect(await failure({ input_ids: [other], past_key_values })).toMatchObject({
      parts: { got: `a difference at ${cache.length - 2}`, fix: expect.stringContaining("crop(") },
    });
    expect(await failure({ input_ids: [row, row], past_key_values })).toMatchObject({
      parts: {
        what: "The cache and input_ids differ in their number of rows",
        expected: "1, as in the cache",
        got: "2",
      },
    });
    const hidden = { input_ids: sequences, past_key_values, attention_mask: [row.map((_, at) => (at === 3 ? 0 : 1))] };
    expect(await failure(hidden)).toMatchObject({ parts: { what: /row 0 at 3/, expected: "1", got: "0" } });
    const { num_hidden_layers, head_dim } = model.config.text_config;
    const foreign = new KeyValueCache(1, { num_hidden_layers, num_key_value_heads: 7, head_dim });
    expect(await failure({ input_ids: sequences, past_key_values: foreign })).toMatchObject({
      parts: { what: "The cache is another model's", got: "num_key_value_heads 7" },
    });
    expect(await failure({ ...inputs, prefill_chunk_size: 0 })).toMatchObject({ code: "INPUT_INVALID" });

    cache.dispose();
    const streamer = new TextIteratorStreamer(processor.tokenizer);
    expect(await failure({ input_ids: sequences, past_key_values, streamer })).toMatchObject({ code: "RELEASED" });
    await expect(streamer.next()).rejects.toMatchObject({ code: "RELEASED" });
  });

  it("refuses a cache that another call has, and gives it back after each", async () => {
    const { cache, sequences } = await firstQuestion();
    const { input_ids } = await followUp(sequences, "How many shapes are there?");
    const running = model.generate({ input_ids, past_key_values: cache, max_new_tokens: 4 });
    const inUse = { code: "INPUT_INVALID", parts: { what: "The cache is in use by another call" } };
    expect(await failure({ input_ids, past_key_values: cache })).toMatchObject(inUse);
    await expect(model.forward({ input_ids: [[1]], past_key_values: cache })).rejects.toMatchObject(inUse);
    const [answer] = await running;
    expect(cache.length).toBe(answer!.length - 1);
    await model.forward({ input_ids: [[answer!.at(-1)!]], past_key_values: cache });
    expect(cache.length).toBe(answer!.length);
    cache.dispose();
  });
});

describe("reading a prompt in pieces", () => {
  it("gives the same tokens whatever the pieces", async () => {
    const { inputs, sequences } = await firstQuestion();
    const length = (inputs.input_ids as number[][])[0]!.length;
    for (const prefill_chunk_size of [1, 7, 4096]) {
      const { reports, progress_callback } = recorder();
      const args = { ...inputs, max_new_tokens: 6, prefill_chunk_size, progress_callback };
      expect(await model.generate(args)).toEqual(sequences);
      expect(reports.filter((report) => report.startsWith("prefill"))).toHaveLength(
        Math.ceil(length / prefill_chunk_size),
      );
    }
  });

  it("leaves what was read in a given cache when it is aborted, and goes on from there", async () => {
    const { inputs, sequences } = await firstQuestion();
    const cache = new KeyValueCache(1, model.config.text_config);
    const controller = new AbortController();
    const progress_callback = ({ stage, loaded }: ProgressInfo) => {
      if (stage === "prefill" && loaded >= 14) controller.abort();
    };
    const args = { ...inputs, past_key_values: cache, prefill_chunk_size: 7, max_new_tokens: 6 };
    const error = await failure({ ...args, progress_callback, signal: controller.signal });
    expect(error).toMatchObject({ code: "ABORTED", partial: { sequences: inputs.input_ids } });
    expect(cache.length).toBe(14);
    expect(cache.commonPrefix(error.partial.sequences)).toBe(14);
    expect(await model.generate(args)).toEqual(sequences);
    cache.dispose();
  });
});

describe("what a caller's function throws", () => {
  const mine = new RangeError("mine");
  const thrower = () => {
    throw mine;
  };

  it.each<[string, Partial<GenerateArguments>]>([
    ["streamer.put", { streamer: { put: thrower, end: () => {} } }],
    ["streamer.end", { streamer: { put: () => {}, end: thrower } }],
    ["logits_processor", { logits_processor: [thrower] }],
    ["stopping_criteria", { stopping_criteria: [thrower] }],
    ["progress_callback in the vision encoder", { progress_callback: ({ stage }) => stage === "vision" && thrower() }],
    ["progress_callback in the prompt", { progress_callback: ({ stage }) => stage === "prefill" && thrower() }],
  ])("reaches them unchanged from %s, and model and cache go on", async (_, options) => {
    const { inputs, sequences } = await firstQuestion();
    const cache = new KeyValueCache(1, model.config.text_config);
    const { pixel_values } = inputs;
    expect(await failure({ ...inputs, past_key_values: cache, max_new_tokens: 6, ...options })).toBe(mine);
    const { input_ids } = await followUp(sequences, "How many shapes are there?");
    const expected = await model.generate({ input_ids, pixel_values, max_new_tokens: 6 });
    cache.crop(cache.commonPrefix(input_ids));
    const args = { input_ids, pixel_values, past_key_values: cache, max_new_tokens: 6 };
    expect(await model.generate(args)).toEqual(expected);
    cache.dispose();
  });
});
