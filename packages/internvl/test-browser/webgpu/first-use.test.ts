import { MemoryFolder } from "@internvl/core";
import { removeStoredFolder } from "@internvl/runtime-web";
import { afterAll, expect, it } from "vitest";
import { continuation, goldenCases, tinyCheckpoint } from "../../../runtime-web/test-browser/tiny.js";
import { InternVL2_5ForConditionalGeneration, InternVL2_5Processor } from "../../src/browser.js";

afterAll(() => removeStoredFolder("converted"));

it.each(["webgpu", "auto"])(
  "a checkpoint in a page becomes what WebGPU computes fastest: %s",
  async (device) => {
    const files = new MemoryFolder(await tinyCheckpoint(), `for-${device}-${crypto.randomUUID()}`);
    const model = await InternVL2_5ForConditionalGeneration.from_pretrained(files, { device });
    expect(model.dtype).toEqual({ vision_encoder: "fp16", embed_tokens: "int8", decoder_model_merged: "q4" });
    expect(Object.values(model.devices).map(({ name }) => name)).toEqual(["webgpu", "webgpu", "webgpu"]);
    const { one } = await goldenCases();
    const row = { ...one!, generated: [[0, 0]] };
    const processor = await InternVL2_5Processor.from_pretrained(files);
    const [answer] = await continuation(model, processor, row);
    expect(answer).toHaveLength(2);
    await model.dispose();
  },
  180_000,
);
