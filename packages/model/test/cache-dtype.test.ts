import type { CacheDtype } from "@internvl/config";
import type { Tensor } from "@internvl/core";
import { type InternVL2_5ForConditionalGeneration, KeyValueCache } from "@internvl/model";
import type { InternVL2_5Processor } from "@internvl/processor";
import { nodeRuntime } from "@internvl/runtime-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { convertDemo, loadDemo, square } from "./demo.js";
import { numbersIn } from "./slow-cache.js";
import { workerRuntime } from "./worker-runtime.js";

type Model = InternVL2_5ForConditionalGeneration;

const folders: Awaited<ReturnType<typeof convertDemo>>[] = [];
const models: Model[] = [];
let full: Model;
let half: Model;
let halfFolder: string;
let processor: InternVL2_5Processor;

async function converted(cache_dtype: CacheDtype): Promise<string> {
  const folder = await convertDemo({ cache_dtype });
  folders.push(folder);
  return folder.directory;
}

async function load(...args: Parameters<typeof loadDemo>): Promise<Model> {
  const { model } = await loadDemo(...args);
  models.push(model);
  return model;
}

beforeAll(async () => {
  const fullFolder = await converted("float32");
  halfFolder = await converted("float16");
  full = await load(fullFolder);
  half = await load(halfFolder);
  ({ processor } = await loadDemo(halfFolder));
});
afterAll(async () => {
  await Promise.all(models.map((model) => model.dispose()));
  await Promise.all(folders.map(({ remove }) => remove()));
});

const QUESTIONS = ["What shape is in the picture?", "What colour is the square?", "How many shapes are there?"];

async function ask(question: string, size = 112) {
  const content = [{ type: "image" as const }, { type: "text" as const, text: question }];
  const text = processor.apply_chat_template([{ role: "user", content }], { add_generation_prompt: true }) as string;
  const { input_ids, pixel_values } = await processor({ text: [text], images: [square(size)] });
  return { input_ids: input_ids as number[][], pixel_values };
}

/** The float16 nearest to a number, of two the even one, by looking at all of them around it (IEEE 754, 4.3.1). */
function halfBits(value: number): number {
  const magnitude = Math.abs(value);
  let [low, high] = [0, 0x7c00];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (halfValue(middle) <= magnitude) low = middle;
    else high = middle;
  }
  const [below, above] = [magnitude - halfValue(low), halfValue(high) - magnitude];
  const nearest = below < above || (below === above && low % 2 === 0) ? low : high;
  return nearest | (value < 0 || Object.is(value, -0) ? 0x8000 : 0);
}

function halfValue(bits: number): number {
  const [exponent, fraction] = [bits >> 10, bits & 0x3ff];
  return exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25);
}

/** Keys and values of what a model reads, without room. */
async function readInto(model: Model, input_ids: number[][], pixel_values: Tensor | undefined) {
  const past_key_values = model.newCache(1, { max_cache_len: input_ids[0]!.length }) as KeyValueCache;
  const { logits } = await model.forward({ input_ids, pixel_values, past_key_values });
  return { cache: past_key_values, logits: logits.data as Float32Array };
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((most, value, index) => Math.max(most, Math.abs(value - b[index]!)), 0);
}

describe("a cache in float16", () => {
  it("is what the graph asks for, in half of the bytes", async () => {
    expect([full.cache_dtype, half.cache_dtype]).toEqual(["float32", "float16"]);
    const { input_ids, pixel_values } = await ask(QUESTIONS[0]!);
    const [exact, rounded] = [
      await readInto(full, input_ids, pixel_values),
      await readInto(half, input_ids, pixel_values),
    ];
    expect(rounded.cache.byteLength).toBe(exact.cache.byteLength / 2);
    expect(rounded.cache.bytesPerToken).toBe(exact.cache.bytesPerToken / 2);
    expect(rounded.cache.feeds()["past_key_values.0.key"]!.type).toBe("float16");
  });

  it("holds each key and value of the first layer as the nearest float16", async () => {
    const { input_ids, pixel_values } = await ask(QUESTIONS[0]!);
    const [exact, rounded] = [
      await readInto(full, input_ids, pixel_values),
      await readInto(half, input_ids, pixel_values),
    ];
    for (const name of ["past_key_values.0.key", "past_key_values.0.value"]) {
      const numbers = numbersIn(exact.cache.feeds()[name]!);
      expect(Array.from(numbersIn(rounded.cache.feeds()[name]!))).toEqual(Array.from(numbers, halfBits));
      expect(new Set(numbers).size).toBeGreaterThan(100);
    }
  });

  it("gives logits as near as 11 bits allow, and the same answers", async () => {
    for (const question of QUESTIONS) {
      const inputs = await ask(question, 224);
      const exact = await full.generate({ ...inputs, max_new_tokens: 12 });
      expect(await half.generate({ ...inputs, max_new_tokens: 12 })).toEqual(exact);
      const [a, b] = [
        await readInto(full, exact, inputs.pixel_values),
        await readInto(half, exact, inputs.pixel_values),
      ];
      const difference = largestDifference(a.logits, b.logits);
      expect(difference).toBeLessThan(0.02);
      // It is another graph, and not the same one twice.
      expect(difference).toBeGreaterThan(1e-6);
    }
  });

  it("reads a prompt in pieces as it reads it whole", async () => {
    const { input_ids, pixel_values } = await ask(QUESTIONS[1]!, 224);
    const whole = await readInto(half, input_ids, pixel_values);
    const { logits } = await half.forward({ input_ids, pixel_values, prefill_chunk_size: 7 });
    // Sums in another order, and now and then a number that they round the other way.
    expect(largestDifference(whole.logits, logits.data as Float32Array)).toBeLessThan(5e-4);
  });

  it("serves calls at once, batches, beams and several answers as it serves each alone", async () => {
    const calls = await Promise.all(QUESTIONS.map((question) => ask(question)));
    const alone: number[][][] = [];
    for (const inputs of calls) alone.push(await half.generate({ ...inputs, max_new_tokens: 10 }));
    const together = await Promise.all(calls.map((inputs) => half.generate({ ...inputs, max_new_tokens: 10 })));
    expect(together).toEqual(alone);
    const chats = QUESTIONS.map((question) => `<|im_start|>user\n${question}<|im_end|>\n<|im_start|>assistant\n`);
    const batch = { ...(await processor({ text: chats, padding: true })), max_new_tokens: 10 };
    expect(batch.attention_mask.flat()).toContain(0);
    expect(await half.generate(batch)).toEqual(await full.generate(batch));
    const beams = { ...calls[0]!, max_new_tokens: 10, num_beams: 3, num_return_sequences: 3 };
    expect(await half.generate(beams)).toEqual(await full.generate(beams));
    const answers = { ...calls[0]!, max_new_tokens: 10, num_return_sequences: 3, do_sample: true, seed: 4 };
    expect(await half.generate(answers)).toEqual(await full.generate(answers));
  });

  it("goes on from a prompt that was read before, and from a fork", async () => {
    const remembering = await load(halfFolder, { prefix_cache: {}, feature_cache: {} });
    const first = await ask(QUESTIONS[0]!);
    const second = await ask(QUESTIONS[1]!);
    await remembering.generate({ ...first, max_new_tokens: 10 });
    const again = await remembering.generate({ ...second, max_new_tokens: 10 });
    expect((await remembering.cacheStats()).prefixes!.hits).toBe(1);
    expect(again).toEqual(await half.generate({ ...second, max_new_tokens: 10 }));

    const { cache } = await readInto(half, [first.input_ids[0]!.slice(0, -1)], first.pixel_values);
    const fork = cache.fork();
    const expected = await half.generate({ ...first, max_new_tokens: 10 });
    for (const past_key_values of [cache, fork]) {
      expect(await half.generate({ ...first, past_key_values, max_new_tokens: 10 })).toEqual(expected);
    }
  });

  it("is saved and loaded bit by bit, here and in a worker, and refused by a model of the other type", async () => {
    const inputs = await ask(QUESTIONS[2]!);
    const { cache } = await readInto(half, [inputs.input_ids[0]!.slice(0, -1)], inputs.pixel_values);
    const bytes = cache.save();
    const loaded = (await half.loadCache(bytes)) as KeyValueCache;
    for (const [name, tensor] of Object.entries(cache.feeds())) {
      expect(numbersIn(loaded.feeds()[name]!)).toEqual(numbersIn(tensor));
    }
    const runtime = workerRuntime(nodeRuntime);
    const remote = await load(halfFolder, { runtime, worker: true });
    expect(remote.cache_dtype).toBe("float16");
    const past_key_values = await remote.loadCache(bytes);
    const expected = await half.generate({ ...inputs, max_new_tokens: 10 });
    expect(await remote.generate({ ...inputs, past_key_values, max_new_tokens: 10 })).toEqual(expected);

    await expect(full.loadCache(bytes)).rejects.toMatchObject({
      code: "INPUT_INVALID",
      parts: { expected: "float32, the model's cache_dtype", got: "float16" },
    });
    await expect(full.generate({ ...inputs, past_key_values: loaded })).rejects.toMatchObject({
      code: "INPUT_INVALID",
      parts: { expected: "float32, the model's cache_dtype", got: "float16" },
    });
    const other = new KeyValueCache(1, half.config.text_config);
    await expect(half.forward({ ...inputs, past_key_values: other })).rejects.toMatchObject({
      code: "INPUT_INVALID",
      parts: { expected: "float16, the model's cache_dtype", got: "float32" },
    });
  });

  it("must be one of those that there are", async () => {
    await expect(convertDemo({ cache_dtype: "int8" as CacheDtype })).rejects.toMatchObject({
      code: "INPUT_INVALID",
      parts: { expected: "float32 or float16", got: "int8" },
    });
  });
});
