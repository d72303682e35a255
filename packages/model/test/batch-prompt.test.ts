import type { ProgressInfo, RawImage } from "@internvl/core";
import { InternVL2_5ForConditionalGeneration, type KeyValueCache, type ModelOptions } from "@internvl/model";
import type { InternVL2_5Processor } from "@internvl/processor";
import { nodeRuntime } from "@internvl/runtime-node";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { rowPrompts } from "../src/engine/batch-prompt.js";
import { pickTiles } from "../src/engine/image-places.js";
import { ANEW, convertDemo, loadDemo, square } from "./demo.js";
import { recordingRuntime } from "./recording-runtime.js";

const ROTARY = { head_dim: 8, max_position_embeddings: 50, rope_theta: 10_000, rope_scaling: null };

/** Rows of 40 tokens that count from 100 x the row on, behind some padding. */
function batch(...paddings: number[]) {
  return {
    input_ids: paddings.map((_, row) => Array.from({ length: 40 }, (_, at) => 100 * row + at)),
    attention_mask: paddings.map((padding) => Array.from({ length: 40 }, (_, at) => (at < padding ? 0 : 1))),
    places: [] as { tile: number; tokens: { token: number; index: number }[] }[],
  };
}

describe("the prompts of a batch, row by row", () => {
  it("are what is behind the padding, with the tiles of the row", () => {
    const prompt = batch(0, 30);
    prompt.places.push({ tile: 4, tokens: [{ token: 0, index: 9 }] });
    prompt.places.push({ tile: 7, tokens: [{ token: 2, index: 75 }] });
    expect(rowPrompts(prompt, ROTARY)).toEqual([
      { input_ids: [prompt.input_ids[0]], attention_mask: [new Array(40).fill(1)], places: [prompt.places[0]] },
      {
        input_ids: [[130, 131, 132, 133, 134, 135, 136, 137, 138, 139]],
        attention_mask: [new Array(10).fill(1)],
        places: [{ tile: 7, tokens: [{ token: 2, index: 5 }] }],
      },
    ]);
  });

  const short = batch(0, 3);
  const [right, holed, empty] = [batch(0, 0), batch(0, 0), batch(0, 40)];
  right.attention_mask[1]![39] = 0;
  holed.attention_mask[1]![20] = 0;
  const shared = batch(0, 0);
  shared.places.push({
    tile: 0,
    tokens: [
      { token: 0, index: 39 },
      { token: 1, index: 40 },
    ],
  });
  test.each([
    ["of one row", batch(3), ROTARY],
    ["that are short", { ...short, input_ids: short.input_ids.map((row) => row.slice(8)) }, ROTARY],
    ["with padding behind them", right, ROTARY],
    ["with hidden tokens", holed, ROTARY],
    ["of which one is empty", empty, ROTARY],
    ["with a tile in two rows", shared, ROTARY],
    [
      "that are rotated for the length of the batch",
      batch(0, 3),
      { ...ROTARY, max_position_embeddings: 39, rope_scaling: { rope_type: "dynamic", factor: 2 } as const },
    ],
  ])("are not those %s", (_, prompt, rotary) => {
    expect(rowPrompts(prompt, rotary)).toBeUndefined();
  });
});

let converted: Awaited<ReturnType<typeof convertDemo>>;
let processor: InternVL2_5Processor;
beforeAll(async () => {
  converted = await convertDemo({ dtype: ["fp32", "int8"] });
  const demo = await loadDemo(converted.directory, { dtype: "fp32" });
  ({ processor } = demo);
  await demo.model.dispose();
});
afterAll(() => converted.remove());

const RED = square(112);
const LARGE = square(224, [40, 75, 215]);

async function prompts(questions: readonly (readonly [question: string, image: RawImage])[]) {
  const text = questions.map(
    ([question]) => `<|im_start|>user\n<image>\n${question}<|im_end|>\n<|im_start|>assistant\n`,
  );
  const images = questions.map(([, image]) => image);
  const { input_ids, attention_mask, pixel_values } = await processor({ text, images, padding: true });
  const ids = input_ids as number[][];
  const mask = attention_mask as number[][];
  const singles = ids.map((row, index) => row.slice(mask[index]!.indexOf(1)));
  return { inputs: { input_ids: ids, attention_mask: mask, pixel_values }, singles };
}

async function load(options: ModelOptions = {}) {
  const record = recordingRuntime(nodeRuntime);
  const { runtime } = record;
  const all = { dtype: "fp32", runtime, ...ANEW, ...options } as const;
  return { record, model: await InternVL2_5ForConditionalGeneration.from_pretrained(converted.directory, all) };
}

const ANSWER = { max_new_tokens: 6, return_dict_in_generate: true } as const;
const UNEQUAL = [
  ["Describe this image.", RED],
  ["How many shapes are there, and of which colours are they? Please name each of them once.", LARGE],
  ["What is it?", LARGE],
] as const;

describe("generate with a batch", () => {
  it("computes no padding, and holds what reading side by side gives", async () => {
    const { record, model } = await load();
    try {
      const { inputs, singles } = await prompts(UNEQUAL);
      const { past_key_values: apart } = await model.generate({ ...inputs, ...ANSWER, max_new_tokens: 1 });
      const read = record.runs.reduce((sum, { rows, count }) => sum + rows * count, 0);
      expect(read).toBe(singles.flat().length);
      expect(new Set(singles.map((row) => row.length)).size).toBe(3);

      const together = (await model.forward({ ...inputs, logits_to_keep: 1 })).past_key_values!;
      expect(apart!.attention_mask).toEqual(together.attention_mask);
      expect(apart!.length).toBe(together.length);
      const [ours, theirs] = [apart!, together].map((cache) => cache as KeyValueCache);
      expect(ours!.rows.tokens).toEqual(theirs!.rows.tokens);
      const [columns, expected] = [ours!.feeds(), theirs!.feeds()];
      for (const [name, { data, dims }] of Object.entries(expected)) {
        if (name === "past_mask") continue;
        const other = columns[name]!;
        const [rows, heads, , width] = dims as [number, number, number, number];
        let largest = 0;
        for (let line = 0; line < rows * heads; line++) {
          const padding = inputs.attention_mask[Math.floor(line / heads)]!.indexOf(1);
          for (let at = padding * width; at < together.length * width; at++) {
            const value = other.data[line * other.dims[2]! * width + at] as number;
            largest = Math.max(largest, Math.abs(value - (data[line * dims[2]! * width + at] as number)));
          }
        }
        expect(largest, name).toBeLessThan(1e-4);
      }
      apart!.dispose();
      together.dispose();
    } finally {
      await model.dispose();
    }
  });

  it("answers each row as alone, in int8 too, which rounds prompts by all that is read at once", async () => {
    const { model } = await load({
      dtype: { vision_encoder: "fp32", embed_tokens: "fp32", decoder_model_merged: "int8" },
    });
    try {
      const { inputs, singles } = await prompts(UNEQUAL);
      const first = { ...inputs, output_logits: true, ...ANSWER, max_new_tokens: 1 };
      const { logits, past_key_values } = await model.generate(first);
      past_key_values!.dispose();
      const tiles = [[0], [1, 2, 3, 4, 5], [6, 7, 8, 9, 10]];
      const { vocab_size } = model.config.text_config;
      for (const [row, input_ids] of singles.entries()) {
        const alone = await model.generate({
          ...first,
          input_ids: [input_ids],
          attention_mask: undefined,
          pixel_values: pickTiles(inputs.pixel_values!, tiles[row]!),
        });
        alone.past_key_values!.dispose();
        expect(logits![0]!.subarray(row * vocab_size, (row + 1) * vocab_size)).toEqual(alone.logits![0]);
      }
    } finally {
      await model.dispose();
    }
  });

  it("reads a picture that several rows ask about once", async () => {
    const { record, model } = await load({ prefix_cache: {} });
    const { model: anew } = await load();
    try {
      const questions = ["Describe this image.", "What is it?", "How many shapes are there?"];
      const { inputs, singles } = await prompts(questions.map((question) => [question, LARGE]));
      const reports: ProgressInfo[] = [];
      const progress_callback = (info: ProgressInfo) => void reports.push(info);
      const answers = await model.generate({ ...inputs, max_new_tokens: 6, progress_callback });
      expect(answers).toEqual(await anew.generate({ ...inputs, max_new_tokens: 6 }));

      const common = singles[0]!.findIndex((id, at) => singles.some((row) => row[at] !== id));
      expect(common).toBeGreaterThan(5 * model.config.num_image_token);
      const read = record.runs.filter(({ rows }) => rows === 1).reduce((sum, { count }) => sum + count, 0);
      expect(read).toBeLessThanOrEqual(singles.flat().length - 2 * common);

      const of = (stage: string) => reports.filter((info) => info.stage === stage).map(({ loaded }) => loaded);
      const totals = { vision: 15, prefill: singles.flat().length };
      for (const [stage, total] of Object.entries(totals)) {
        expect(of(stage), stage).toEqual(of(stage).toSorted((a, b) => a - b));
        expect(of(stage).at(-1), stage).toBe(total);
        expect(new Set(reports.filter((info) => info.stage === stage).map((info) => info.total))).toEqual(
          new Set([total]),
        );
      }
    } finally {
      await Promise.all([model.dispose(), anew.dispose()]);
    }
  });

  it("keeps the rows that were read when it is aborted, and leaves nothing else behind", async () => {
    const { record, model } = await load({ prefix_cache: {} });
    try {
      const { inputs, singles } = await prompts(UNEQUAL);
      const controller = new AbortController();
      const read = singles[0]!.length;
      const progress_callback = ({ stage, loaded }: ProgressInfo) => {
        if (stage === "prefill" && loaded > read) controller.abort();
      };
      const call = { ...inputs, max_new_tokens: 6 };
      const aborted = model.generate({ ...call, signal: controller.signal, progress_callback });
      await expect(aborted).rejects.toMatchObject({ name: "AbortError" });
      record.runs.length = 0;
      const answers = await model.generate(call);
      const again = record.runs.filter(({ rows }) => rows === 1).reduce((sum, { count }) => sum + count, 0);
      expect(again).toBeLessThan(singles.flat().length - read);
      await model.clearCaches();
      expect(await model.generate(call)).toEqual(answers);
    } finally {
      await model.dispose();
    }
  });
});
