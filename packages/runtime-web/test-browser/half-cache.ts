import { InternVL2_5ForConditionalGeneration, type KeyValueCache } from "@internvl/model";
import { InternVL2_5Processor } from "@internvl/processor";
import { removeStoredFolder, webRuntime as runtime } from "@internvl/runtime-web";
import { expect } from "vitest";
import { type Checkpoint, continuation, convertTiny, goldenCases } from "./tiny.js";

/** The original's tokens, from keys and values in float16 that go through a page's memory and a file. */
export async function answersFromHalfCaches(checkpoint: Checkpoint, device: string): Promise<void> {
  const folder = `${checkpoint}-${crypto.randomUUID()}`;
  await convertTiny(folder, checkpoint, "fp32", "float16");
  const processor = await InternVL2_5Processor.from_pretrained(folder, { runtime });
  let model: InternVL2_5ForConditionalGeneration | undefined;
  try {
    model = await InternVL2_5ForConditionalGeneration.from_pretrained(folder, { runtime, device });
    expect(model.cache_dtype).toBe("float16");
    for (const row of Object.values(await goldenCases(checkpoint))) {
      expect(await continuation(model, processor, row)).toEqual(row.generated);
    }
    const input_ids = [[5, 300, 7, 42, 11, 90]];
    const cache = model.newCache(1) as KeyValueCache;
    await model.forward({ input_ids: [input_ids[0]!.slice(0, 4)], past_key_values: cache });
    const loaded = await model.loadCache(cache.save());
    const rest = { input_ids: [input_ids[0]!.slice(4)] };
    const [ours, again] = [
      await model.forward({ ...rest, past_key_values: cache }),
      await model.forward({ ...rest, past_key_values: loaded }),
    ];
    expect(again.logits.data).toEqual(ours.logits.data);
    const whole = await model.forward({ input_ids, logits_to_keep: 2 });
    const [a, b] = [ours.logits.data as Float32Array, whole.logits.data as Float32Array];
    expect(Math.max(...a.map((value, index) => Math.abs(value - b[index]!)))).toBeLessThan(1e-3);
  } finally {
    await model?.dispose();
    await removeStoredFolder(folder);
  }
}
