import { slice_prompt, TextIteratorStreamer, type TokenEvent, TokenIteratorStreamer } from "@internvl/generation";
import type { PastKeyValues } from "@internvl/model";
import { nodeRuntime } from "@internvl/runtime-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { convertDemo, loadDemo, square } from "./demo.js";
import { workerRuntime } from "./worker-runtime.js";

let demo: Awaited<ReturnType<typeof convertDemo>>;
const runtime = workerRuntime(nodeRuntime);

beforeAll(async () => {
  demo = await convertDemo();
});
afterAll(() => demo.remove());

describe("{ worker: true }", () => {
  it("gives the same answers, features, logits, stream and progress as without", async () => {
    const here = await loadDemo(demo.directory);
    const there = await loadDemo(demo.directory, { runtime, worker: true });
    expect(there.model.dtype).toEqual(here.model.dtype);
    expect(there.model.devices).toEqual(here.model.devices);
    expect([here.model.inWorker, there.model.inWorker]).toEqual([false, true]);
    const inputs = await here.processor({ text: ["<image>\nDescribe this image."], images: [square(224)] });

    const expected = await here.model.generate({ ...inputs, max_new_tokens: 12 });
    const streamer = new TextIteratorStreamer(here.processor.tokenizer, { skip_prompt: true });
    const stages: string[] = [];
    const progress_callback = (info: { stage: string }) => stages.push(info.stage);
    const running = there.model.generate({ ...inputs, max_new_tokens: 12, streamer, progress_callback });
    let text = "";
    for await (const piece of streamer) text += piece;
    expect(await running).toEqual(expected);
    expect(text).toBe(here.processor.decode(slice_prompt(expected, inputs.input_ids as number[][])[0]!));
    expect(stages).toEqual(["vision", "vision", "prefill"]);

    // The caller's pixels are still there for the next question.
    const features = await there.model.get_image_features(inputs.pixel_values!);
    expect(features.data).toEqual((await here.model.get_image_features(inputs.pixel_values!)).data);
    const { logits, past_key_values } = await there.model.forward(inputs);
    expect(logits.data).toEqual((await here.model.forward(inputs)).logits.data);
    expect(past_key_values).toBeUndefined();
    const labels = inputs.input_ids;
    const loss_weight = (labels as number[][]).map((row) => row.map((_, at) => at % 3));
    const weighted = { ...inputs, labels, loss_weight, logits_to_keep: 1 };
    expect((await there.model.forward(weighted)).loss).toBe((await here.model.forward(weighted)).loss);
    await there.model.dispose();
    await here.model.dispose();
  });

  it("streams probabilities, and searches with beams", async () => {
    const here = await loadDemo(demo.directory);
    const there = await loadDemo(demo.directory, { runtime, worker: true });
    const inputs = await here.processor({ text: ["<image>\nDescribe this image."], images: [square(112)] });
    const eventsOf = async ({ model }: typeof here) => {
      const streamer = new TokenIteratorStreamer(here.processor.tokenizer, { top_logprobs: 2 });
      const running = model.generate({ ...inputs, max_new_tokens: 6, streamer });
      const events: TokenEvent[] = [];
      for await (const event of streamer) events.push(event);
      await running;
      return events;
    };
    expect(await eventsOf(there)).toEqual(await eventsOf(here));
    const beams = { max_new_tokens: 6, num_beams: 3, output_scores: true, return_dict_in_generate: true } as const;
    expect(await there.model.generate({ ...inputs, ...beams })).toEqual(
      await here.model.generate({ ...inputs, ...beams }),
    );
    await there.model.dispose();
    await here.model.dispose();
  });

  it("keeps what was encoded and read in the worker, bounded by the options that crossed", async () => {
    const here = await loadDemo(demo.directory);
    const there = await loadDemo(demo.directory, { runtime, worker: true, feature_cache: {}, prefix_cache: {} });
    const off = await loadDemo(demo.directory, { runtime, worker: true });
    expect(await off.model.cacheStats()).toEqual({ features: null, prefixes: null });
    await off.model.dispose();
    const inputs = await here.processor({ text: ["<image>\nDescribe this image."], images: [square(224)] });
    const [row] = inputs.input_ids as [number[]];
    const expected = await here.model.generate({ ...inputs, max_new_tokens: 8 });
    const { pixel_values } = inputs;
    const further = { pixel_values, input_ids: [[...expected[0]!, 11, 12, 13]], max_new_tokens: 8 };
    const answer = await here.model.generate(further);
    for (let call = 0; call < 2; call++) {
      expect(await there.model.generate({ ...inputs, max_new_tokens: 8 })).toEqual(expected);
      expect(await there.model.generate(further)).toEqual(answer);
    }
    await there.model.get_image_features(pixel_values!);
    const tokens = 2 * (expected[0]!.length - 1) + (row.length - 1) + 3;
    const { features, prefixes } = await there.model.cacheStats();
    expect(features).toMatchObject({ hits: 5 + 5 - features!.tiles, misses: features!.tiles });
    expect(prefixes).toMatchObject({ hits: 3, misses: 1, tokens });
    await there.model.clearCaches();
    expect(await there.model.cacheStats()).toMatchObject({ features: { tiles: 0 }, prefixes: { sequences: 0 } });
    await there.model.dispose();
    await here.model.dispose();
  });

  it("aborts between two tokens with the answer so far", async () => {
    const { model, processor } = await loadDemo(demo.directory, { runtime, worker: true });
    const inputs = await processor({ text: ["<image>\nDescribe this image."], images: [square(112)] });
    const controller = new AbortController();
    let steps = 0;
    const streamer = { put: () => void (++steps === 4 && controller.abort()), end: () => {} };
    const running = model.generate({
      ...inputs,
      max_new_tokens: 400,
      eos_token_id: null,
      streamer,
      signal: controller.signal,
    });
    const error = await running.catch((reason) => reason);
    expect(error.name).toBe("AbortError");
    const answered = error.partial.sequences[0].length - (inputs.input_ids as number[][])[0]!.length;
    expect(answered).toBeGreaterThanOrEqual(3);
    expect(answered).toBeLessThan(400);
    await model.dispose();
  });

  it("copies many pixels between turns: the caller keeps them, other work goes on, a stop is heard", async () => {
    const here = await loadDemo(demo.directory);
    const there = await loadDemo(demo.directory, { runtime, worker: true });
    const inputs = await here.processor({
      text: ["<image>\nDescribe this image."],
      images: [square(1200)],
      images_kwargs: { min_tiles: 40, max_tiles: 40 },
    });
    const bytes = (inputs.pixel_values!.data as Float32Array).byteLength;
    expect(bytes).toBeGreaterThan(2 ** 22);
    const expected = await here.model.get_image_features(inputs.pixel_values!);
    let turns = 0;
    let running = true;
    setImmediate(function count() {
      turns++;
      if (running) setImmediate(count);
    });
    const controller = new AbortController();
    const stopped = there.model.get_image_features(inputs.pixel_values!, { signal: controller.signal });
    setImmediate(() => controller.abort());
    await expect(stopped).rejects.toMatchObject({ name: "AbortError" });
    expect(turns).toBeGreaterThan(0);
    running = false;
    for (let call = 0; call < 2; call++) {
      const features = await there.model.get_image_features(inputs.pixel_values!);
      expect(features.dims).toEqual(expected.dims);
      expect(features.data).toEqual(expected.data);
    }
    await there.model.dispose();
    await here.model.dispose();
  });

  it("ends a stream whose signal was aborted before the worker heard of it", async () => {
    const { model, processor } = await loadDemo(demo.directory, { runtime, worker: true });
    const streamer = new TextIteratorStreamer(processor.tokenizer);
    const running = model.generate({ input_ids: [[1]], streamer, signal: AbortSignal.abort() });
    await expect(running).rejects.toMatchObject({ name: "AbortError" });
    const pieces: string[] = [];
    for await (const piece of streamer) pieces.push(piece);
    expect(pieces.join("")).toBe("");
    await model.dispose();
  });

  it("brings typed errors across, from the model and from the caller's own callback", async () => {
    const { model } = await loadDemo(demo.directory, { runtime, worker: true });
    await expect(model.generate({ input_ids: [[99_999]] })).rejects.toMatchObject({ code: "INPUT_INVALID" });
    const streamer = {
      put: () => {
        throw new RangeError("mine");
      },
      end: () => {},
    };
    await expect(model.generate({ input_ids: [[1]], streamer })).rejects.toThrow(RangeError);
    expect(await model.generate({ input_ids: [[1]], max_new_tokens: 1 })).toHaveLength(1);
    const logits_processor = [() => {}];
    await expect(model.generate({ input_ids: [[1]], logits_processor })).rejects.toMatchObject({ code: "UNSUPPORTED" });
    const prefix_allowed_tokens_fn = () => [1];
    const refused = model.generate({ input_ids: [[1]], prefix_allowed_tokens_fn });
    await expect(refused).rejects.toMatchObject({ code: "UNSUPPORTED" });
    await model.dispose();
    await expect(model.forward({ input_ids: [[1]] })).rejects.toMatchObject({ code: "RELEASED" });
  });

  it("ends what is waiting when the worker dies", async () => {
    const { model } = await loadDemo(demo.directory, { runtime, worker: true });
    const streamer = new TextIteratorStreamer({ decode: () => "" });
    const running = model.generate({ input_ids: [[1]], max_new_tokens: 500, eos_token_id: null, streamer });
    runtime.crash(new Error("out of memory"));
    await expect(running).rejects.toMatchObject({ code: "WORKER_FAILED" });
    await expect(streamer.next()).rejects.toMatchObject({ code: "WORKER_FAILED" });
  });

  it("needs threads and a name that the worker can open", async () => {
    await expect(loadDemo(demo.directory, { worker: true })).rejects.toThrow(/runtime "node", which has none/);
  });
});

describe("past_key_values of a model in a worker", () => {
  async function both() {
    const here = await loadDemo(demo.directory);
    const there = await loadDemo(demo.directory, { runtime, worker: true });
    const inputs = await here.processor({ text: ["<image>\nDescribe this image."], images: [square(112)] });
    return {
      here: here.model,
      there: there.model,
      inputs,
      end: () => Promise.all([here.model.dispose(), there.model.dispose()]),
    };
  }
  const REPORT = { max_new_tokens: 8, return_dict_in_generate: true } as const;

  it("stays there behind a handle that does what a cache does", async () => {
    const { here, there, inputs, end } = await both();
    const { sequences, past_key_values: own } = await here.generate({ ...inputs, ...REPORT });
    const { past_key_values: handle } = await there.generate({ ...inputs, ...REPORT });
    const seen = ({ length, batch_size, attention_mask, disposed }: PastKeyValues) => ({
      ...{ length, batch_size, attention_mask, disposed },
    });
    expect(seen(handle!)).toEqual(seen(own!));
    expect(handle!.get_seq_length()).toBe(sequences[0]!.length - 1);

    const input_ids = [[...sequences[0]!, 11, 12, 13]];
    const expected = await here.generate({ input_ids, past_key_values: own!.fork(), ...REPORT });
    const fork = handle!.fork();
    const answer = await there.generate({ input_ids, past_key_values: fork, ...REPORT });
    expect(answer.sequences).toEqual(expected.sequences);
    expect(answer.past_key_values).toBe(fork);
    expect(fork.length).toBe(answer.sequences[0]!.length - 1);
    expect(fork.commonPrefix(expected.sequences)).toBe(fork.length);
    expect(handle!.length).toBe(sequences[0]!.length - 1);

    // The same changes on both sides, seen in what the graph makes of them.
    for (const cache of [own!, handle!]) {
      cache.crop(-3);
      cache.batch_repeat_interleave(3);
      cache.batch_select_indices([2, 0]);
    }
    expect(seen(handle!)).toEqual(seen(own!));
    const turn = { input_ids: [[21], [22]], logits_to_keep: 1 };
    const { logits, past_key_values } = await there.forward({ ...turn, past_key_values: handle! });
    expect(logits.data).toEqual((await here.forward({ ...turn, past_key_values: own! })).logits.data);
    expect(past_key_values).toBe(handle);
    expect(seen(handle!)).toEqual(seen(own!));
    handle!.reset();
    expect(handle!.length).toBe(0);
    expect(() => handle!.reorder_cache([5])).toThrow(/no such row/);
    await end();
  });

  it("crosses as a file, and starts empty", async () => {
    const { here, there, inputs, end } = await both();
    const empty = there.newCache();
    const { sequences } = await there.generate({ ...inputs, past_key_values: empty, ...REPORT });
    const file = await empty.save();
    const input_ids = [[...sequences[0]!, 11, 12, 13]];
    const expected = await there.generate({ input_ids, past_key_values: empty, max_new_tokens: 6 });
    const loaded = await here.loadCache(file);
    expect(await here.generate({ input_ids, past_key_values: loaded, max_new_tokens: 6 })).toEqual(expected);
    const back = await there.loadCache(file);
    expect(back.length).toBe(sequences[0]!.length - 1);
    expect(await there.generate({ input_ids, past_key_values: back, max_new_tokens: 6 })).toEqual(expected);
    await expect(there.loadCache(file.subarray(0, 99))).rejects.toMatchObject({ code: "FILE_INVALID" });
    expect(() => there.newCache(0)).toThrow(/batch_size/);
    await end();
  });

  it("is refused in another thread, by a second call at once, and after it was disposed of", async () => {
    const { here, there, inputs, end } = await both();
    const own = here.newCache();
    const handle = there.newCache();
    const elsewhere = { code: "INPUT_INVALID", parts: { what: expect.stringContaining("past_key_values lives in") } };
    await expect(there.generate({ ...inputs, past_key_values: own })).rejects.toMatchObject(elsewhere);
    await expect(here.generate({ ...inputs, past_key_values: handle })).rejects.toMatchObject(elsewhere);
    const running = there.generate({ ...inputs, past_key_values: handle, max_new_tokens: 5 });
    const second = { input_ids: [[1]], past_key_values: handle };
    await expect(there.forward(second)).rejects.toMatchObject({ parts: { what: expect.stringContaining("in use") } });
    const [row] = await running;
    expect(handle.length).toBe(row!.length - 1);
    handle.dispose();
    handle.dispose();
    expect([handle.disposed, handle.length]).toEqual([true, 0]);
    await expect(there.forward(second)).rejects.toMatchObject({ code: "RELEASED" });
    await expect(handle.save()).rejects.toMatchObject({ code: "RELEASED" });
    expect(() => handle.fork()).toThrow(/disposed/);
    await end();
  });

  it("knows what was read when a call was aborted or the caller's own function threw", async () => {
    const { here, there, inputs, end } = await both();
    const expected = await here.generate({ ...inputs, max_new_tokens: 8 });
    const controller = new AbortController();
    const throwing = {
      put: (tokens: readonly (readonly number[])[]) => {
        if (tokens[0]!.length === 1) throw new RangeError("mine");
      },
      end: () => {},
    };
    for (const [options, error] of [
      [{ progress_callback: () => controller.abort(), signal: controller.signal }, { code: "ABORTED" }],
      [{ streamer: throwing }, { name: "RangeError", message: "mine" }],
    ] as const) {
      const cache = there.newCache();
      const args = { ...inputs, past_key_values: cache, prefill_chunk_size: 4, max_new_tokens: 8 };
      await expect(there.generate({ ...args, ...options, eos_token_id: null })).rejects.toMatchObject(error);
      const { length } = cache;
      cache.crop(cache.commonPrefix(inputs.input_ids as number[][]));
      expect(cache.length).toBe(Math.min(length, (inputs.input_ids as number[][])[0]!.length));
      cache.crop(Math.min(cache.length, 20));
      expect(await there.generate(args)).toEqual(expected);
    }
    await end();
  });
});
