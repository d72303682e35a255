import { InternVL2_5ForConditionalGeneration } from "@internvl/model";
import { InternVL2_5Processor } from "@internvl/processor";
import { removeStoredFolder, webRuntime } from "@internvl/runtime-web";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { convertTiny, pixelsOf, sampledCases } from "./tiny.js";

const FOLDER = `tiny-4b-${crypto.randomUUID()}`;
const cases = await sampledCases();
let model: InternVL2_5ForConditionalGeneration;
let processor: InternVL2_5Processor;

beforeAll(async () => {
  await convertTiny(FOLDER);
  processor = await InternVL2_5Processor.from_pretrained(FOLDER, { runtime: webRuntime });
  model = await InternVL2_5ForConditionalGeneration.from_pretrained(FOLDER, { runtime: webRuntime });
});
afterAll(async () => {
  await model.dispose();
  await removeStoredFolder(FOLDER);
});

describe("a seed draws in Chromium what it draws in the reference, and so in Node", () => {
  it.each(cases.map((row) => [row.name, row] as const))("%s", async (_, row) => {
    const { input_ids, attention_mask, num_patches_list, options, expected } = row;
    const pixel_values = await pixelsOf(row, processor);
    const inputs = { input_ids, attention_mask, pixel_values, num_patches: num_patches_list.flat() };
    // The file's own settings would come beside the case's.
    const sequences = await model.generate({
      ...inputs,
      ...options,
      return_dict_in_generate: false,
      generation_config: {},
    });
    expect(sequences).toEqual(expected.sequences);
  });

  it("in every way of sampling that the reference has for this checkpoint", () => {
    expect(cases.length).toBeGreaterThan(2);
    expect(cases.some(({ options }) => (options.num_beams ?? 1) > 1)).toBe(true);
  });
});
