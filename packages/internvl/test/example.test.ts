import { join } from "node:path";
import {
  InternVL2_5ForConditionalGeneration,
  InternVL2_5Processor,
  load_image,
  slice_prompt,
  type Tensor,
} from "internvl";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { convertFolder } from "../src/convert-command/convert-folder.js";
import { built, DEMO, runNode, SAMPLE, temporaryFolder } from "./workspace.js";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let converted: string;
beforeAll(async () => {
  folder = await temporaryFolder();
  converted = join(folder.path, "demo");
  await convertFolder({ input: DEMO, output: converted, dtype: ["q4"], verify: false });
});
afterAll(() => folder.remove());

describe("the example of DESIGN.md", () => {
  it("runs as it is written, over a local folder", async () => {
    const model = await InternVL2_5ForConditionalGeneration.from_pretrained(converted, { dtype: "q4" });
    const processor = await InternVL2_5Processor.from_pretrained(converted);

    const image = await load_image(SAMPLE);
    const conversation = [
      { role: "user", content: [{ type: "image" }, { type: "text", text: "Describe this image." }] },
    ];

    const text = processor.apply_chat_template(conversation, { add_generation_prompt: true });
    const inputs = await processor({ text: [text], images: [image], padding: true });
    const output_ids = await model.generate({ ...inputs, max_new_tokens: 128 });
    const answers = processor.batch_decode(slice_prompt(output_ids, inputs.input_ids), { skip_special_tokens: true });

    // The same ids as reading everything anew for each token, without a cache.
    const ids = [...inputs.input_ids[0]!];
    while (ids.length < output_ids[0]!.length) {
      const { logits, past_key_values } = await model.forward({
        input_ids: [ids],
        pixel_values: inputs.pixel_values,
        logits_to_keep: 1,
      });
      past_key_values?.dispose();
      ids.push(argmax(logits));
    }
    expect(output_ids).toEqual([ids]);
    expect(answers).toHaveLength(1);
    expect(answers[0]).not.toBe("");
    expect(answers[0]).not.toContain("<|im_end|>");
    await model.dispose();
  });

  it("runs in a worker of the built package, whose thread stays free", async () => {
    built("worker.js");
    const script = new URL("./worker-script.mjs", import.meta.url).pathname;
    const { code, stdout, stderr } = await runNode([script, converted, SAMPLE]);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    const { here, there, stages, aborted } = JSON.parse(stdout);
    expect(there).toEqual(here);
    expect(stages).toEqual(["vision", "prefill", "generated"]);
    expect(aborted).toMatchObject({ name: "AbortError", code: "ABORTED" });
    // It was stopped at its third token and asked for a thousand.
    expect(aborted.tokens).toBeGreaterThanOrEqual(3);
    expect(aborted.tokens).toBeLessThan(1000);
  });
});

function argmax({ data }: Tensor): number {
  const logits = data as Float32Array;
  return logits.indexOf(logits.reduce((best, value) => Math.max(best, value), Number.NEGATIVE_INFINITY));
}
