import { type InternVL2_5ForConditionalGeneration, KeyValueCache } from "@internvl/model";
import type { InternVL2_5Processor } from "@internvl/processor";
import { afterAll, beforeAll, expect, it } from "vitest";
import { convertDemo, loadDemo, square } from "./demo.js";

let converted: Awaited<ReturnType<typeof convertDemo>>;
let model: InternVL2_5ForConditionalGeneration;
let int8: InternVL2_5ForConditionalGeneration;
let fp32: InternVL2_5ForConditionalGeneration;
let processor: InternVL2_5Processor;

const FP32 = { vision_encoder: "fp32", embed_tokens: "fp32", decoder_model_merged: "fp32" } as const;
const INT8 = { ...FP32, decoder_model_merged: "int8" } as const;

beforeAll(async () => {
  converted = await convertDemo({ dtype: [FP32, INT8] });
  const { directory } = converted;
  ({ model, processor } = await loadDemo(directory, { dtype: FP32, prompt_dtype: "int8" }));
  ({ model: int8 } = await loadDemo(directory, { dtype: INT8 }));
  ({ model: fp32 } = await loadDemo(directory, { dtype: FP32 }));
});
afterAll(async () => {
  await Promise.all([model, int8, fp32].map((each) => each.dispose()));
  await converted.remove();
});

const OPTIONS = { max_new_tokens: 12, output_logits: true, return_dict_in_generate: true } as const;

async function prompt() {
  const text = ["<|im_start|>user\n<image>\nDescribe this image.<|im_end|>\n<|im_start|>assistant\n"];
  const { input_ids, pixel_values } = await processor({ text, images: [square(224)] });
  return { input_ids: input_ids as number[][], pixel_values };
}

it("reads a prompt in one dtype and writes the answer in another", async () => {
  const inputs = await prompt();
  const { sequences, logits } = await model.generate({ ...inputs, ...OPTIONS });
  // The same by hand: int8 reads all of the prompt, and float32 goes on from what it has read.
  const cache = new KeyValueCache(1, model.config.text_config);
  const { logits: first } = await int8.forward({ ...inputs, past_key_values: cache, logits_to_keep: 1 });
  expect(logits![0]).toEqual(first.data);
  const { past_key_values: _, ...rest } = await fp32.generate({
    input_ids: [sequences[0]!.slice(0, inputs.input_ids[0]!.length + 1)],
    past_key_values: cache,
    ...OPTIONS,
    max_new_tokens: OPTIONS.max_new_tokens - 1,
  });
  expect(rest.sequences).toEqual(sequences);
  expect(rest.logits).toEqual(logits!.slice(1));
  cache.dispose();
});

it("gives nearly the numbers of one dtype alone, and not the same", async () => {
  const inputs = await prompt();
  const [{ logits }, { logits: exact }] = [
    await model.generate({ ...inputs, ...OPTIONS, max_new_tokens: 1 }),
    await fp32.generate({ ...inputs, ...OPTIONS, max_new_tokens: 1 }),
  ];
  const largest = logits![0]!.reduce((most, logit, i) => Math.max(most, Math.abs(logit - exact![0]![i]!)), 0);
  expect(largest).toBeGreaterThan(0);
  expect(largest).toBeLessThan(1);
});

it("reads everything but prompts of generate as without it", async () => {
  const inputs = await prompt();
  const [{ logits, past_key_values }, expected] = [await model.forward(inputs), await fp32.forward(inputs)];
  expect(logits.data).toEqual(expected.logits.data);
  past_key_values!.dispose();
  expected.past_key_values!.dispose();
});

it("says what it has loaded", () => {
  expect([model, int8, fp32].map(({ prompt_dtype }) => prompt_dtype)).toEqual(["int8", "int8", "fp32"]);
  expect(model.dtype.decoder_model_merged).toBe("fp32");
});
