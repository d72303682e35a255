import { InternVL2_5Config } from "@internvl/config";
import { InternVL2_5ForConditionalGeneration as Model } from "@internvl/model";
import { InternVL2_5Processor } from "@internvl/processor";
import { openStoredSink, removeStoredFolder, webRuntime as runtime, webFiles } from "@internvl/runtime-web";
import { expect, it } from "vitest";
import { padTable } from "../../../model/test/padded-table.js";
import { continuation, convertTiny, goldenCases } from "../tiny.js";

it("a model on WebGPU gives the original's tokens from embeddings in a file", async () => {
  const folder = `tiny-4b-${crypto.randomUUID()}`;
  await convertTiny(folder);
  const files = await webFiles.open(folder);
  let model: Model | undefined;
  try {
    await padTable(files, await openStoredSink(folder), "fp32", await InternVL2_5Config.from_pretrained(files));
    const processor = await InternVL2_5Processor.from_pretrained(folder, { runtime });
    model = await Model.from_pretrained(folder, { runtime, device: "webgpu" });
    const { embed_tokens, decoder_model_merged } = model.devices;
    expect([embed_tokens.name, decoder_model_merged.name]).toEqual(["file", "webgpu"]);
    const [row] = Object.values(await goldenCases());
    expect(await continuation(model, processor, row!)).toEqual(row!.generated);
  } finally {
    await model?.dispose();
    await removeStoredFolder(folder);
  }
});
