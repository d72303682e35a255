import type { Runtime } from "@internvl/core";
import { InternVL2_5ForConditionalGeneration } from "@internvl/model";
import { InternVL2_5Processor } from "@internvl/processor";
import { createWorkerPort, removeStoredFolder, webRuntime } from "@internvl/runtime-web";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { continuation, convertTiny, goldenCases } from "./tiny.js";

const FOLDER = `tiny-4b-${crypto.randomUUID()}`;
const cases = await goldenCases();
let processor: InternVL2_5Processor;

beforeAll(async () => {
  await convertTiny(FOLDER);
  processor = await InternVL2_5Processor.from_pretrained(FOLDER, { runtime: webRuntime });
});
afterAll(() => removeStoredFolder(FOLDER));

const inWorker: Runtime = {
  ...webRuntime,
  spawnModelWorker: async () =>
    createWorkerPort(new Worker(new URL("./model-worker.ts", import.meta.url), { type: "module" })),
};

describe.each([
  ["in the page", { runtime: webRuntime }],
  ["in a worker", { runtime: inWorker, worker: true }],
])("a checkpoint that the page converted, %s", (_, options) => {
  let model: InternVL2_5ForConditionalGeneration;
  beforeAll(async () => {
    model = await InternVL2_5ForConditionalGeneration.from_pretrained(FOLDER, options);
  });
  afterAll(() => model.dispose());

  it.each(Object.keys(cases))("answers with the original's tokens: %s", async (name) => {
    const { generated } = cases[name]!;
    expect(await continuation(model, processor, cases[name]!)).toEqual(generated);
  });
});

it("reads external data in a worker weight by weight, and not as a whole", async () => {
  const worker = new Worker(new URL("./external-data-worker.ts", import.meta.url), { type: "module" });
  try {
    const report = new Promise<unknown>((resolve) => worker.addEventListener("message", ({ data }) => resolve(data)));
    worker.postMessage({ folder: FOLDER, path: "onnx/vision_encoder.onnx", data: "vision_encoder.onnx_data" });
    expect(await report).toEqual({ read: ["onnx/vision_encoder.onnx"], inputs: ["pixel_values"] });
  } finally {
    worker.terminate();
  }
});
