import { convertCheckpoint } from "@internvl/convert";
import { MemoryFolder } from "@internvl/core";
import { InternVL2_5ForConditionalGeneration } from "@internvl/model";
import { InternVL2_5Processor } from "@internvl/processor";
import { openStoredSink, removeStoredFolder, webRuntime } from "@internvl/runtime-web";
import { afterAll, beforeAll, expect, it } from "vitest";

/** A file of the demo model. Vite finds the addresses because this is written as it is. */
const demo = (name: string) => new URL(`../../../demo-model/${name}`, import.meta.url);

const FILES = [
  "added_tokens.json",
  "config.json",
  "generation_config.json",
  "merges.txt",
  "model.safetensors",
  "preprocessor_config.json",
  "special_tokens_map.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "vocab.json",
];

const folder = `demo-${crypto.randomUUID()}`;
beforeAll(async () => {
  const files: Record<string, Uint8Array> = {};
  for (const name of FILES) files[name] = new Uint8Array(await (await fetch(demo(name))).arrayBuffer());
  await convertCheckpoint(new MemoryFolder(files, "demo-model"), await openStoredSink(folder), { dtype: "fp32" });
});
afterAll(() => removeStoredFolder(folder));

it("the demo model writes on WebGPU what it writes on wasm", async () => {
  const processor = await InternVL2_5Processor.from_pretrained(folder, { runtime: webRuntime });
  const image = await webRuntime.media.decodeImage(
    new URL("../../../demo-model/samples/shapes-square.png", import.meta.url),
  );
  const content = [{ type: "image" as const }, { type: "text" as const, text: "How many shapes are there?" }];
  const text = processor.apply_chat_template([{ role: "user", content }], { add_generation_prompt: true });
  const inputs = await processor({ text, images: image });
  const answers: number[][] = [];
  for (const device of ["wasm", "webgpu"]) {
    const options = { runtime: webRuntime, device };
    const model = await InternVL2_5ForConditionalGeneration.from_pretrained(folder, options);
    const [ids] = await model.generate({ ...inputs, max_new_tokens: 24, do_sample: false });
    answers.push(ids!.slice(inputs.input_ids[0]!.length));
    await model.dispose();
  }
  expect(answers[1]).toEqual(answers[0]);
  expect(processor.decode(answers[1]!, { skip_special_tokens: true }).trim()).toMatch(/\w/);
}, 180_000);
