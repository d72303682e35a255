import { type RawImage, Tensor } from "@internvl/core";
import { InternVL2_5ForConditionalGeneration } from "@internvl/model";
import { nodeRuntime as runtime } from "@internvl/runtime-node";
import { describe, expect, it } from "vitest";
import { ANEW, convertDemo, loadDemo, square } from "./demo.js";
import { convertTiny } from "./tiny.js";

const RED = square(112);
const BLUE = square(224, [40, 75, 215]);
const GREEN = square(160, [35, 150, 55]);

/** Questions with no, one and two pictures of one and of five tiles. */
const QUESTIONS: readonly [question: string, images: RawImage[]][] = [
  ["Describe this image.", [RED]],
  ["Hello", []],
  ["How many shapes are there?", [BLUE]],
  ["Are these two pictures of the same thing, or do they differ?", [RED, GREEN]],
  ["Is there a red square? Please say yes or no.", [RED]],
  ["Which is the blue one?", [BLUE, RED]],
  ["What is two and two? Please answer with a number and nothing else.", []],
  ["What colour is it?", [GREEN]],
];

describe("a batch of eight unequal prompts", () => {
  it("gives each row the tokens that it gets alone, though rows end at different times", async () => {
    const demo = await convertDemo();
    const { model, processor } = await loadDemo(demo.directory);
    try {
      const texts = QUESTIONS.map(([question, images]) => {
        const content = [...images.map(() => ({ type: "image" as const })), { type: "text" as const, text: question }];
        return processor.apply_chat_template([{ role: "user", content }], { add_generation_prompt: true }) as string;
      });
      const options = { max_new_tokens: 32, return_dict_in_generate: true as const };
      const images = QUESTIONS.flatMap(([, pictures]) => pictures);
      const inputs = await processor({ text: texts, images, padding: true });
      const together = await model.generate({ ...inputs, ...options });
      together.past_key_values!.dispose();
      const length = (inputs.input_ids as number[][])[0]!.length;

      const prompts = new Set<number>();
      for (const [row, [, pictures]] of QUESTIONS.entries()) {
        const single = await processor({ text: [texts[row]!], images: pictures.length > 0 ? pictures : undefined });
        const alone = await model.generate({ ...single, ...options });
        alone.past_key_values!.dispose();
        const prompt = (single.input_ids as number[][])[0]!.length;
        prompts.add(prompt);
        const count = alone.generated_tokens[0]!;
        expect(together.sequences[row]!.slice(length, length + count)).toEqual(alone.sequences[0]!.slice(prompt));
        expect([together.generated_tokens[row], together.finish_reasons[row]]).toEqual([
          count,
          alone.finish_reasons[0],
        ]);
      }
      // Otherwise this would say nothing about padding and rows that wait.
      expect(prompts.size).toBeGreaterThan(5);
      expect(new Set(together.generated_tokens).size).toBeGreaterThan(3);
    } finally {
      await model.dispose();
      await demo.remove();
    }
  });
});

describe("calls without a cache in common", () => {
  it("give the same tokens at the same time as one after the other", async () => {
    const tiny = await convertTiny("tiny-4b");
    const model = await InternVL2_5ForConditionalGeneration.from_pretrained(tiny.directory, { runtime, ...ANEW });
    try {
      const { image_token_id, num_image_token, image_size, text_config } = model.config;
      const calls = Array.from({ length: 4 }, (_, call) => {
        const words = Array.from({ length: 5 + 3 * call }, (_, i) => (37 * i + 101 * call) % text_config.vocab_size);
        const picture = call % 2 === 0 ? [] : new Array<number>(num_image_token).fill(image_token_id);
        const pixels = Float32Array.from({ length: 3 * image_size ** 2 }, (_, i) => Math.sin(i * (call + 1)));
        return {
          input_ids: [[...words.filter((id) => id !== image_token_id), ...picture, 7]],
          pixel_values: call % 2 === 0 ? undefined : new Tensor("float32", pixels, [1, 3, image_size, image_size]),
          max_new_tokens: 20 + call,
          prefill_chunk_size: 3 + call,
          eos_token_id: null,
        };
      });
      const expected = [];
      for (const call of calls) expected.push(await model.generate(call));
      expect(new Set(expected.map(([row]) => row!.slice(-20).join())).size).toBe(4);
      expect(await Promise.all(calls.map((call) => model.generate(call)))).toEqual(expected);
    } finally {
      await model.dispose();
      await tiny.remove();
    }
  });
});
