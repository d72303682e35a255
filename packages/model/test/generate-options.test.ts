import { GenerationConfig } from "@internvl/config";
import { Tensor } from "@internvl/core";
import {
  compute_transition_scores,
  type GenerationWarning,
  slice_prompt,
  type TokenEvent,
  TokenIteratorStreamer,
} from "@internvl/generation";
import type { InternVL2_5ForConditionalGeneration, KeyValueCache } from "@internvl/model";
import type { InternVL2_5Processor } from "@internvl/processor";
import { describe, expect, it } from "vitest";
import { square, withDemo } from "./demo.js";

let model: InternVL2_5ForConditionalGeneration;
let processor: InternVL2_5Processor;
/** Two questions of unequal length, each with a picture. */
let input_ids: number[][];
let attention_mask: number[][];
let tiles: Tensor[];
let inputs: { input_ids: number[][]; attention_mask: number[][]; pixel_values: Tensor };

withDemo(async (demo) => {
  ({ model, processor } = demo);
  const text = ["Describe this image.", "How many shapes are there?"].map((question) => {
    const content = [{ type: "image" as const }, { type: "text" as const, text: question }];
    return processor.apply_chat_template([{ role: "user", content }], { add_generation_prompt: true }) as string;
  });
  const images = [square(112), square(112, [40, 75, 215])];
  const features = await processor({ text, images, padding: true });
  input_ids = features.input_ids as number[][];
  attention_mask = features.attention_mask as number[][];
  tiles = await Promise.all(images.map(async (image) => (await processor.image_processor(image)).pixel_values));
  inputs = { input_ids, attention_mask, pixel_values: features.pixel_values! };
});

/** One of the two alone, as often as asked. */
function alone(prompt: number, times = 1) {
  const { data, dims } = tiles[prompt]!;
  const copies = new Float32Array(data.length * times);
  for (let copy = 0; copy < times; copy++) copies.set(data as Float32Array, copy * data.length);
  return {
    input_ids: new Array<number[]>(times).fill(input_ids[prompt]!),
    attention_mask: new Array<number[]>(times).fill(attention_mask[prompt]!),
    pixel_values: new Tensor("float32", copies, [dims[0]! * times, ...dims.slice(1)]),
  };
}

/** The log probability of each new token of each row, read anew in one piece. */
async function logProbabilities(sequences: number[][], prompts: number[]): Promise<number[][]> {
  const rows: number[][] = [];
  for (const [index, sequence] of sequences.entries()) {
    const one = alone(prompts[index]!);
    const mask = one.attention_mask[0]!;
    const { logits, past_key_values } = await model.forward({
      ...one,
      input_ids: [sequence],
      attention_mask: [[...mask, ...new Array<number>(sequence.length - mask.length).fill(1)]],
    });
    past_key_values!.dispose();
    const [, length, vocabulary] = logits.dims as [number, number, number];
    const data = logits.data as Float32Array;
    const row: number[] = [];
    for (let at = mask.length - 1; at < length - 1; at++) {
      const values = [...data.subarray(at * vocabulary, (at + 1) * vocabulary)];
      const highest = Math.max(...values);
      const total = values.reduce((sum, value) => sum + Math.exp(value - highest), 0);
      row.push(values[sequence[at + 1]!]! - highest - Math.log(total));
    }
    rows.push(row);
  }
  return rows;
}

const sum = (values: ArrayLike<number>) => Array.from(values).reduce((total, value) => total + value, 0);

describe("beams of a batch with pictures", () => {
  it("num_beams with num_return_sequences and return_dict_in_generate: each answer's score is what reading it anew gives", async () => {
    const result = await model.generate({
      ...inputs,
      max_new_tokens: 10,
      num_beams: 4,
      num_return_sequences: 3,
      length_penalty: 0.6,
      output_scores: true,
      return_dict_in_generate: true,
    });
    expect(result.sequences).toHaveLength(6);
    expect(result.past_key_values).toBeUndefined();
    const length = input_ids[0]!.length;
    const written = result.sequences.map((row, index) => row.slice(0, length + result.generated_tokens[index]!));
    const expected = await logProbabilities(written, [0, 0, 0, 1, 1, 1]);
    const transitions = compute_transition_scores({
      sequences: result.sequences,
      scores: result.scores!,
      beam_indices: result.beam_indices,
      vocab_size: model.config.text_config.vocab_size,
    });
    for (const [row, values] of expected.entries()) {
      for (const [step, value] of values.entries()) expect(transitions[row]![step]).toBeCloseTo(value, 3);
      expect(result.sequences_scores![row]).toBeCloseTo(sum(values) / values.length ** 0.6, 3);
    }
    for (const prompt of [0, 3]) {
      const [best, second, third] = result.sequences_scores!.slice(prompt, prompt + 3);
      expect(best).toBeGreaterThanOrEqual(second!);
      expect(second).toBeGreaterThanOrEqual(third!);
    }
  });

  it("past_key_values with num_beams, or several answers: as without, and the given cache stays as it was", async () => {
    const cache = model.newCache(2) as KeyValueCache;
    const { past_key_values, sequences } = await model.generate({
      ...inputs,
      max_new_tokens: 3,
      min_new_tokens: 3,
      past_key_values: cache,
      return_dict_in_generate: true,
    });
    expect(past_key_values).toBe(cache);
    const more = sequences.map((row) => [...row, 5, 6]);
    const mask = attention_mask.map((row) => [...row, 1, 1, 1, 1, 1]);
    const longer = { input_ids: more, attention_mask: mask, pixel_values: inputs.pixel_values, max_new_tokens: 6 };
    for (const options of [
      { num_beams: 3 },
      { do_sample: true, seed: 2, top_k: 0, temperature: 3, num_return_sequences: 2 },
    ]) {
      const length = cache.length;
      const saved = cache.save();
      expect(await model.generate({ ...longer, ...options, past_key_values: cache })).toEqual(
        await model.generate({ ...longer, ...options }),
      );
      expect(cache.length).toBe(length);
      expect(cache.save()).toEqual(saved);
    }
    cache.dispose();
  });

  it("num_beams: a prompt's answers do not depend on the prompts beside it", async () => {
    const options = { max_new_tokens: 8, num_beams: 3, return_dict_in_generate: true } as const;
    const together = await model.generate({ ...inputs, ...options });
    for (const prompt of [0, 1]) {
      const start = attention_mask[prompt]!.indexOf(1);
      const unpadded = [input_ids[prompt]!.slice(start)];
      const { pixel_values } = alone(prompt);
      const single = await model.generate({ input_ids: unpadded, pixel_values, ...options });
      const count = together.generated_tokens[prompt]!;
      expect(single.generated_tokens).toEqual([count]);
      const [answer] = slice_prompt(single.sequences, unpadded);
      expect(slice_prompt(together.sequences, input_ids)[prompt]!.slice(0, count)).toEqual(answer);
      expect(together.sequences_scores![prompt]).toBeCloseTo(single.sequences_scores![0]!, 4);
    }
  });
});

describe("generate", () => {
  it("num_return_sequences with do_sample and a seed draws what rows of the same prompt draw", async () => {
    const options = { max_new_tokens: 8, do_sample: true, temperature: 3, top_k: 0, seed: 5 };
    const several = await model.generate({ ...alone(1), ...options, num_return_sequences: 3 });
    expect(several).toEqual(await model.generate({ ...alone(1, 3), ...options }));
    expect(new Set(several.map(String)).size).toBeGreaterThan(1);
  });

  it("prompt_lookup_num_tokens changes no token", async () => {
    const row = { ...alone(1), max_new_tokens: 40, min_new_tokens: 40 };
    const expected = await model.generate(row);
    for (const prompt_lookup_num_tokens of [1, 4, 10]) {
      expect(await model.generate({ ...row, prompt_lookup_num_tokens })).toEqual(expected);
    }
  });

  it("generation_config stands in for the model's own, options of the call win over it", async () => {
    const length = input_ids[0]!.length;
    const config = new GenerationConfig({ max_new_tokens: 3, eos_token_id: null, suppress_tokens: [1, 2] });
    const rows = await model.generate({ ...inputs, generation_config: config });
    expect(rows.map((row) => row.length)).toEqual([length + 3, length + 3]);
    const longer = await model.generate({ ...inputs, generation_config: config, max_new_tokens: 5 });
    expect(longer.map((row) => row.slice(0, length + 3))).toEqual(rows);
    expect(longer[0]).toHaveLength(length + 5);
  });

  it("warning_callback hears of what the call says, not of what only the model's file says", async () => {
    const heard: GenerationWarning[] = [];
    const warning_callback = (warning: GenerationWarning) => heard.push(warning);
    await model.generate({ ...inputs, max_new_tokens: 1, do_sample: false, top_p: 0.5, warning_callback });
    expect(heard.map(({ code, option }) => `${code} ${option}`)).toEqual(["needs_do_sample top_p"]);
    heard.length = 0;
    const generation_config = new GenerationConfig({ max_new_tokens: 1, length_penalty: 2 });
    await model.generate({ ...inputs, generation_config, warning_callback });
    expect(heard.map(({ code, option }) => `${code} ${option}`)).toEqual(["needs_beams length_penalty"]);
  });

  it("a streamer with top_logprobs gets what reading the answer anew gives", async () => {
    const streamer = new TokenIteratorStreamer(processor.tokenizer, { top_logprobs: 2, skip_special_tokens: true });
    const running = model.generate({ ...inputs, max_new_tokens: 8, streamer, return_dict_in_generate: true });
    const events: TokenEvent[] = [];
    for await (const event of streamer) events.push(event);
    const result = await running;
    const length = input_ids[0]!.length;
    const written = result.sequences.map((row, index) => row.slice(0, length + result.generated_tokens[index]!));
    const expected = await logProbabilities(written, [0, 1]);
    for (const row of [0, 1]) {
      const own = events.filter((event) => event.row === row);
      expect(own.map(({ token_id }) => token_id)).toEqual(written[row]!.slice(length));
      for (const [step, { logprob, top_logprobs }] of own.entries()) {
        expect(logprob).toBeCloseTo(expected[row]![step]!, 3);
        expect(top_logprobs[0]!.logprob).toBeGreaterThanOrEqual(top_logprobs[1]!.logprob);
      }
      const [answer] = processor.batch_decode([written[row]!.slice(length)], { skip_special_tokens: true });
      expect(
        own
          .map(({ piece }) => piece)
          .join("")
          .trim(),
      ).toBe(answer!.trim());
      expect(own.at(-1)!.finish_reason).toBe(result.finish_reasons[row]);
    }
  });
});
