import { InternVL2_5ForConditionalGeneration } from "@internvl/model";
import { InternVL2_5Processor } from "@internvl/processor";
import { removeStoredFolder, webRuntime } from "@internvl/runtime-web";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHECKPOINTS, continuation, convertTiny, goldenCases, goldenTensors, pixelsOf } from "../tiny.js";
import { largestDifference } from "./difference.js";

/** Of logits and image features in fp32 to the original code's, absolute: the limit of a CPU, on other hardware's sums. */
const TOLERANCE = 1e-4;

const CASES = ["text", "one", "many", "batch"];

describe.each(CHECKPOINTS)("%s on WebGPU, as a whole", (checkpoint) => {
  const folder = `${checkpoint}-${crypto.randomUUID()}`;
  let model: InternVL2_5ForConditionalGeneration;
  let processor: InternVL2_5Processor;
  beforeAll(async () => {
    await convertTiny(folder, checkpoint);
    processor = await InternVL2_5Processor.from_pretrained(folder, { runtime: webRuntime });
    const options = { runtime: webRuntime, device: "webgpu" };
    model = await InternVL2_5ForConditionalGeneration.from_pretrained(folder, options);
  });
  afterAll(async () => {
    await model.dispose();
    await removeStoredFolder(folder);
  });

  it.each(CASES)("answers with the original's tokens: %s", async (name) => {
    const row = (await goldenCases(checkpoint))[name]!;
    expect(await continuation(model, processor, row)).toEqual(row.generated);
  });

  it.each(CASES)("gives the original's logits and image features: %s", async (name) => {
    const row = (await goldenCases(checkpoint))[name]!;
    const golden = await goldenTensors(checkpoint);
    const pixel_values = await pixelsOf(row, processor);
    const { logits, image_hidden_states, past_key_values } = await model.forward({
      input_ids: row.input_ids,
      ...(row.attention_mask !== null && { attention_mask: row.attention_mask }),
      pixel_values,
      logits_to_keep: 1,
    });
    past_key_values?.dispose();
    expect(largestDifference(logits.data as Float32Array, golden(`${name}.last_logits`))).toBeLessThan(TOLERANCE);
    expect(image_hidden_states === undefined).toBe(pixel_values === undefined);
    if (image_hidden_states !== undefined) {
      const features = golden(`${name}.features`);
      expect(largestDifference(image_hidden_states.data as Float32Array, features)).toBeLessThan(TOLERANCE);
    }
  });
});
