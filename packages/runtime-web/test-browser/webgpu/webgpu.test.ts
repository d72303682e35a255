import { describeInferenceContract } from "@internvl/core/contract";
import { InternVL2_5ForConditionalGeneration } from "@internvl/model";
import { InternVL2_5Processor } from "@internvl/processor";
import { chooseDevice, removeStoredFolder, webInference, webRuntime } from "@internvl/runtime-web";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tinyGraph } from "../graph.js";
import { continuation, convertTiny, goldenCases } from "../tiny.js";

describe("WebGPU", () => {
  it("has an adapter here, so that auto takes it and the session says so", async () => {
    const choice = { name: "webgpu", reason: "the browser has a WebGPU adapter" };
    expect(await chooseDevice("auto")).toEqual(choice);
    const session = await tinyGraph({ device: "auto" });
    expect(session.device).toEqual(choice);
    await session.release();
  });

  it("lives beside wasm in one page", async () => {
    const sessions = await Promise.all(["wasm", "webgpu", "wasm", "webgpu"].map((device) => tinyGraph({ device })));
    expect(sessions.map(({ device }) => device?.name)).toEqual(["wasm", "webgpu", "wasm", "webgpu"]);
    await Promise.all(sessions.map((session) => session.release()));
  });

  describeInferenceContract({ describe, it, expect }, () => ({
    createSession: (graph, options) => webInference.createSession(graph, { device: "webgpu", ...options }),
  }));
});

describe("a language model on WebGPU, its vision encoder on wasm", () => {
  const FOLDER = `tiny-4b-${crypto.randomUUID()}`;
  let model: InternVL2_5ForConditionalGeneration;
  let processor: InternVL2_5Processor;
  beforeAll(async () => {
    await convertTiny(FOLDER);
    processor = await InternVL2_5Processor.from_pretrained(FOLDER, { runtime: webRuntime });
    const device = { decoder_model_merged: "webgpu", vision_encoder: "wasm" };
    model = await InternVL2_5ForConditionalGeneration.from_pretrained(FOLDER, { runtime: webRuntime, device });
  });
  afterAll(async () => {
    await model.dispose();
    await removeStoredFolder(FOLDER);
  });

  it.each(["text", "one", "batch"])("answers with the original's tokens: %s", async (name) => {
    const row = (await goldenCases())[name]!;
    expect(await continuation(model, processor, row)).toEqual(row.generated);
  });
});
