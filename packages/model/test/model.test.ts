import { InternVLError, Tensor } from "@internvl/core";
import { slice_prompt, TextIteratorStreamer } from "@internvl/generation";
import type { InternVL2_5ForConditionalGeneration } from "@internvl/model";
import type { InternVL2_5Processor } from "@internvl/processor";
import { describe, expect, it } from "vitest";
import { convertDemo, loadDemo, square, withDemo } from "./demo.js";

let directory: string;
let model: InternVL2_5ForConditionalGeneration;
let processor: InternVL2_5Processor;

withDemo((demo) => {
  ({ directory, model, processor } = demo);
});

function prompt(question: string, pictures = 1): string {
  const content = [
    ...Array.from({ length: pictures }, () => ({ type: "image" as const })),
    { type: "text" as const, text: question },
  ];
  return processor.apply_chat_template([{ role: "user", content }], { add_generation_prompt: true }) as string;
}

const ask = (question: string, size = 112) => processor({ text: [prompt(question)], images: [square(size)] });

describe("forward", () => {
  it("gives the same logits in one piece, in two, and for the last position alone", async () => {
    const inputs = await ask("Describe this image.");
    const whole = await model.forward(inputs);
    const [, length, vocabulary] = whole.logits.dims as [number, number, number];
    const all = whole.logits.data as Float32Array;

    const last = await model.forward({ ...inputs, logits_to_keep: 1 });
    expect(last.logits.dims).toEqual([1, 1, vocabulary]);
    expectClose(last.logits.data as Float32Array, all.subarray((length - 1) * vocabulary), 1e-5);

    const ids = inputs.input_ids as number[][];
    const cut = length - 5;
    const head = await model.forward({ ...inputs, input_ids: [ids[0]!.slice(0, cut)], attention_mask: undefined });
    const tail = await model.forward({ input_ids: [ids[0]!.slice(cut)], past_key_values: head.past_key_values });
    expectClose(tail.logits.data as Float32Array, all.subarray(cut * vocabulary), 1e-4);
    expect(tail.past_key_values!.length).toBe(length);
  });

  it("gives the states between the layers where the graphs have them", async () => {
    const inputs = await ask("Describe this image.", 224);
    await expect(model.forward({ ...inputs, output_hidden_states: true })).rejects.toMatchObject({
      code: "UNSUPPORTED",
      parts: { fix: expect.stringContaining("--output_hidden_states") },
    });
    const withStates = await convertDemo({ output_hidden_states: true });
    const { model: other } = await loadDemo(withStates.directory);
    try {
      const { vision_config, text_config } = other.config;
      const output = await other.forward({ ...inputs, output_hidden_states: true });
      const [, length] = output.logits.dims as [number, number];
      const tiles = inputs.pixel_values!.dims[0]!;
      expect(output.hidden_states!.map(({ dims }) => dims)).toEqual(
        Array(text_config.num_hidden_layers + 1).fill([1, length, text_config.hidden_size]),
      );
      expect(output.vision_hidden_states!.map(({ dims }) => dims)).toEqual(
        Array(vision_config.num_hidden_layers + 1).fill([tiles, 65, vision_config.hidden_size]),
      );
      // The first state is what the language model reads, pictures in their places.
      const again = await other.forward({
        ...inputs,
        inputs_embeds: output.hidden_states![0],
        output_hidden_states: true,
      });
      for (const [layer, states] of output.hidden_states!.entries()) {
        expectClose(again.hidden_states![layer]!.data as Float32Array, states.data as Float32Array, 1e-5);
      }
      const plain = await model.forward(inputs);
      expect(plain.hidden_states).toBeUndefined();
      expectClose(output.logits.data as Float32Array, plain.logits.data as Float32Array, 1e-5);
    } finally {
      await other.dispose();
      await withStates.remove();
    }
  });

  it("refuses pictures that the prompt has no place for, and places without a picture", async () => {
    const inputs = await ask("Describe this image.");
    const other = await ask("Describe this image.", 224);
    await expect(model.forward({ ...inputs, pixel_values: other.pixel_values, num_patches: [5] })).rejects.toThrow(
      /Expected 80 image tokens for 5 tiles of 16, got 16/,
    );
    await expect(model.forward({ ...inputs, pixel_values: undefined, num_patches: undefined })).rejects.toThrow(
      /Expected 0 image tokens for 0 tiles.*got 16/,
    );
  });

  it("refuses token ids outside of the vocabulary and pixels of another size", async () => {
    await expect(model.forward({ input_ids: [[1, 99_999]] })).rejects.toThrow(/row 0 at 1.*got 99999/s);
    const inputs = await ask("Describe this image.");
    const pixel_values = new Tensor("float32", new Float32Array(3 * 56 * 56), [1, 3, 56, 56]);
    await expect(model.forward({ ...inputs, pixel_values })).rejects.toThrow(
      /Expected float32 \[tiles, 3, 112, 112\], got float32 \[1, 3, 56, 56\]/,
    );
  });

  it("skips tiles whose flag is 0", async () => {
    const inputs = await ask("Describe this image.");
    const pixels = inputs.pixel_values!.data as Float32Array;
    const twice = new Tensor("float32", Float32Array.of(...pixels.map(() => 0.5), ...pixels), [2, 3, 112, 112]);
    const expected = await model.forward(inputs);
    const flagged = await model.forward({ ...inputs, pixel_values: twice, num_patches: [2], image_flags: [0, 1] });
    expectClose(flagged.logits.data as Float32Array, expected.logits.data as Float32Array, 1e-4);
  });
});

describe("generate", () => {
  it("answers a batch of unequal prompts as it answers each alone", async () => {
    const questions = [
      "Describe this image.",
      "How many shapes are there?",
      "Is there a red square? Please say yes or no.",
    ];
    const images = [square(112), square(224, [40, 75, 215]), square(160, [35, 150, 55])];
    const batch = await processor({ text: questions.map((question) => prompt(question)), images, padding: true });
    const together = await model.generate({ ...batch, max_new_tokens: 24 });
    const answers = processor.batch_decode(slice_prompt(together, batch.input_ids as number[][]), {
      skip_special_tokens: true,
    });
    for (const [index, question] of questions.entries()) {
      const alone = await processor({ text: [prompt(question)], images: [images[index]!] });
      const output = await model.generate({ ...alone, max_new_tokens: 24 });
      const [answer] = processor.batch_decode(slice_prompt(output, alone.input_ids as number[][]), {
        skip_special_tokens: true,
      });
      expect(answers[index]).toBe(answer);
      expect(answer).not.toBe("");
    }
  });

  it("keeps calls that run at the same time apart", async () => {
    const inputs = await Promise.all([ask("Describe this image."), ask("How many shapes are there?", 224)]);
    const expected = [];
    for (const one of inputs) expected.push(await model.generate({ ...one, max_new_tokens: 16 }));
    expect(await Promise.all(inputs.map((one) => model.generate({ ...one, max_new_tokens: 16 })))).toEqual(expected);
  });

  it("streams what it returns", async () => {
    const inputs = await ask("Describe this image.");
    const streamer = new TextIteratorStreamer(processor.tokenizer, { skip_prompt: true, skip_special_tokens: true });
    const running = model.generate({ ...inputs, max_new_tokens: 24, streamer });
    let text = "";
    for await (const piece of streamer) text += piece;
    const [answer] = processor.batch_decode(slice_prompt(await running, inputs.input_ids as number[][]), {
      skip_special_tokens: true,
    });
    expect(text.trim()).toBe(answer!.trim());
  });

  it("draws the same answer from the same seed", async () => {
    const inputs = await ask("Describe this image.");
    const options = { ...inputs, max_new_tokens: 12, do_sample: true, temperature: 3, top_k: 0 };
    const first = await model.generate({ ...options, seed: 7 });
    expect(await model.generate({ ...options, seed: 7 })).toEqual(first);
    expect(await model.generate({ ...options, seed: 8 })).not.toEqual(first);
  });

  it("stops at a stop string without being given a tokenizer", async () => {
    const inputs = await ask("Describe this image.");
    const result = await model.generate({
      ...inputs,
      max_new_tokens: 24,
      stop_strings: [" "],
      return_dict_in_generate: true,
    });
    expect(result.finish_reasons).toEqual(["stop_string"]);
  });

  it("stops between two tokens when it is aborted, and goes on working", async () => {
    const inputs = await ask("Describe this image.");
    const controller = new AbortController();
    let steps = 0;
    const streamer = {
      put: () => {
        if (++steps === 3) controller.abort();
      },
      end: () => {},
    };
    const running = model.generate({ ...inputs, max_new_tokens: 24, streamer, signal: controller.signal });
    const error = await running.then(
      () => undefined,
      (reason) => reason,
    );
    expect(error).toMatchObject({ name: "AbortError", code: "ABORTED" });
    const [row] = (error.partial as { sequences: number[][] }).sequences;
    expect(row!.length).toBe((inputs.input_ids as number[][])[0]!.length + 2);
    expect(await model.generate({ ...inputs, max_new_tokens: 2 })).toHaveLength(1);
  });

  it("reports tiles and prompt while it reads them", async () => {
    const inputs = await ask("Describe this image.", 224);
    const stages: string[] = [];
    const progress_callback = ({ stage, loaded, total }: { stage: string; loaded: number; total?: number }) =>
      stages.push(`${stage} ${loaded}/${total}`);
    await model.generate({ ...inputs, max_new_tokens: 1, progress_callback });
    const length = (inputs.input_ids as number[][])[0]!.length;
    expect(stages).toEqual(["vision 0/5", "vision 5/5", `prefill ${length}/${length}`]);
  });

  it("refuses a prompt longer than the context, and ends an answer where the context ends", async () => {
    const context = model.config.text_config.max_position_embeddings;
    const long = [new Array<number>(context).fill(1)];
    await expect(model.generate({ input_ids: long })).rejects.toMatchObject({ code: "PROMPT_TOO_LONG" });
    const almost = [new Array<number>(context - 2).fill(1)];
    const [row] = await model.generate({ input_ids: almost, max_new_tokens: 50, eos_token_id: null });
    expect(row).toHaveLength(context);
  });

  it("refuses an option that does not exist with the nearest one, and tells the streamer", async () => {
    const inputs = await ask("Describe this image.");
    const streamer = new TextIteratorStreamer(processor.tokenizer);
    const options = { ...inputs, streamer, max_new_token: 4 };
    await expect(model.generate(options)).rejects.toThrow(/max_new_token.*Did you mean "max_new_tokens"/s);
    await expect(streamer.next()).rejects.toThrow(/max_new_token/);
  });
});

describe("chat", () => {
  it("keeps the history as the original does", async () => {
    const { pixel_values } = await processor.image_processor([square(112)]);
    const first = await model.chat(processor, pixel_values, "Describe this image.", { max_new_tokens: 24 }, null, true);
    const [answer, history] = first as [string, [string, string][]];
    expect(answer).not.toBe("");
    expect(history).toEqual([["<image>\nDescribe this image.", answer]]);
    const second = await model.chat(
      processor,
      pixel_values,
      "How many shapes are there?",
      { max_new_tokens: 8 },
      history,
      true,
    );
    expect((second as [string, [string, string][]])[1]).toHaveLength(2);
  });

  it("reads only what is new with the cache of the turns before, also where the history was changed", async () => {
    const { pixel_values } = await processor.image_processor([square(112)]);
    const cache = model.newCache();
    const options = { max_new_tokens: 24, past_key_values: cache };
    const first = await model.chat(processor, pixel_values, "Describe this image.", options, null, true);
    const [, history] = first as [string, [string, string][]];
    const edited: [string, string][] = [[history[0]![0], "There is something on it, I would say."]];
    for (const turns of [history, edited, edited]) {
      const question = "How many shapes are there?";
      const expected = await model.chat(processor, pixel_values, question, { max_new_tokens: 8 }, turns);
      const stages: string[] = [];
      const progress_callback = ({ stage, total }: { stage: string; total?: number }) =>
        stages.push(`${stage} ${total}`);
      const reused = { ...options, max_new_tokens: 8, progress_callback };
      expect(await model.chat(processor, pixel_values, question, reused, turns)).toBe(expected);
      // No picture again, and fewer than 50 tokens.
      expect(stages.filter((stage) => !/^prefill [1-4]?\d$/.test(stage))).toEqual([]);
    }
    cache.dispose();
  });

  it("answers without a picture", async () => {
    expect(typeof (await model.chat(processor, null, "Hello", { max_new_tokens: 4 }))).toBe("string");
  });
});

describe("from_pretrained", () => {
  it("takes a device a graph, and refuses a graph that there is not", async () => {
    const device = { vision_encoder: "cpu", decoder_model_merged: "cpu" };
    const { model: other } = await loadDemo(directory, { device });
    expect(await other.generate({ input_ids: [[1, 2]], max_new_tokens: 1 })).toHaveLength(1);
    expect(Object.values(other.devices).map(({ name }) => name)).toEqual(["cpu", "cpu", "cpu"]);
    await other.dispose();
    const unknown = { decoder: "cpu" } as never;
    await expect(loadDemo(directory, { device: unknown })).rejects.toThrow(
      /names a graph.*decoder_model_merged, got decoder/s,
    );
    await expect(loadDemo(directory, { device: { embed_tokens: "abacus" } })).rejects.toThrow(/abacus/);
  });

  it("names the dtypes that a folder has", async () => {
    await expect(loadDemo(directory, { dtype: "q4" })).rejects.toThrow(/no vision_encoder in int8.*fp32/s);
    expect(model.dtype).toEqual({ vision_encoder: "fp32", embed_tokens: "fp32", decoder_model_merged: "fp32" });
  });

  it("is over after dispose", async () => {
    const { model: other } = await loadDemo(directory);
    await other.dispose();
    await other.dispose();
    const error = await other.forward({ input_ids: [[1]] }).catch((reason) => reason);
    expect(InternVLError.isInstance(error) && error.code).toBe("RELEASED");
  });
});

function expectClose(actual: Float32Array, expected: Float32Array, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  let largest = 0;
  for (let i = 0; i < actual.length; i++) largest = Math.max(largest, Math.abs(actual[i]! - expected[i]!));
  expect(largest).toBeLessThan(tolerance);
}
