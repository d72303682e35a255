import type { Dtype, DtypeOption } from "@internvl/config";
import { InternVL2_5ForConditionalGeneration, type ModelOptions } from "@internvl/model";
import { InternVL2_5Processor } from "@internvl/processor";
import { createWorkerPort, removeStoredFolder, webRuntime } from "@internvl/runtime-web";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Case, continuation, convertTiny, goldenCases, pixelsOf } from "../tiny.js";
import { largestDifference } from "./difference.js";

/** To wasm on the same graphs, absolute: only sums differ in their order. */
const TOLERANCE = 1e-4;
/** Products with 4 and 8 bits take a software adapter many seconds a prompt. */
const PATIENCE = 180_000;

const folder = `quantised-${crypto.randomUUID()}`;
let row: Case;
let processor: InternVL2_5Processor;
beforeAll(async () => {
  await convertTiny(folder, "tiny-4b", ["q4", "q8", "fp16", { vision_encoder: "q4" }]);
  row = (await goldenCases()).one!;
  processor = await InternVL2_5Processor.from_pretrained(folder, { runtime: webRuntime });
});
afterAll(() => removeStoredFolder(folder));

function load(options: ModelOptions): Promise<InternVL2_5ForConditionalGeneration> {
  return InternVL2_5ForConditionalGeneration.from_pretrained(folder, { runtime: webRuntime, ...options });
}

/** Logits and image features of the picture's case. */
async function compute(options: ModelOptions) {
  const model = await load(options);
  const pixel_values = await pixelsOf(row, processor);
  const output = await model.forward({ input_ids: row.input_ids, pixel_values, logits_to_keep: 1 });
  output.past_key_values?.dispose();
  await model.dispose();
  const [logits, features] = [output.logits, output.image_hidden_states!];
  return { logits: logits.data as Float32Array, features: features.data as Float32Array };
}

/** Each graph's dtype and device: `"fp16@webgpu …"`. */
const placesOf = ({ dtype, devices }: InternVL2_5ForConditionalGeneration) =>
  (["vision_encoder", "embed_tokens", "decoder_model_merged"] as const)
    .map((graph) => `${dtype[graph]}@${devices[graph].name}`)
    .join(" ");

const all = (dtype: Dtype) => ({ vision_encoder: dtype, embed_tokens: "int8", decoder_model_merged: dtype }) as const;
const MIXED = { vision_encoder: "fp16", embed_tokens: "int8", decoder_model_merged: "q4" } as const;

it.each<[string, DtypeOption]>([
  ["q4", all("q4")],
  ["q8", all("q8")],
  ["fp16", all("fp16")],
  ["fp16 and q4, the default of WebGPU", MIXED],
])(
  "%s gives on WebGPU what it gives on wasm",
  async (_, dtype) => {
    const wasm = await compute({ dtype, device: "wasm" });
    const webgpu = await compute({ dtype, device: "webgpu" });
    expect(largestDifference(webgpu.logits, wasm.logits)).toBeLessThan(TOLERANCE);
    expect(largestDifference(webgpu.features, wasm.features)).toBeLessThan(TOLERANCE);
  },
  PATIENCE,
);

describe("without a dtype", () => {
  it.each(["webgpu", "auto"])("a folder gives %s its fastest: fp16 vision encoder, 4-bit decoder", async (device) => {
    const model = await load({ device });
    expect(placesOf(model)).toBe("fp16@webgpu int8@webgpu q4@webgpu");
    expect(model.devices.vision_encoder.reason).toMatch(device === "auto" ? /has a WebGPU adapter/ : /was asked for/);
    await model.dispose();
  });

  it("says it across a worker as well", async () => {
    const spawnModelWorker = async () =>
      createWorkerPort(new Worker(new URL("../model-worker.ts", import.meta.url), { type: "module" }));
    const model = await load({ device: "auto", worker: true, runtime: { ...webRuntime, spawnModelWorker } });
    expect(placesOf(model)).toBe("fp16@webgpu int8@webgpu q4@webgpu");
    await model.dispose();
  });
});

describe("int8, which WebGPU does not multiply", () => {
  it("goes to wasm when the choice is free, and the reason says so", async () => {
    const model = await load({ device: "auto", dtype: { vision_encoder: "int8" } });
    expect(placesOf(model)).toBe("int8@wasm int8@webgpu q4@webgpu");
    expect(model.devices.vision_encoder.reason).toMatch(/does not compute the dtype/);
    const [answer] = await continuation(model, processor, { ...row, generated: [[0, 0]] });
    expect(answer).toHaveLength(2);
    await model.dispose();
  });

  it("is refused where WebGPU was named", async () => {
    await expect(load({ device: "webgpu", dtype: { vision_encoder: "int8" } })).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringMatching(/vision_encoder.*cannot run on webgpu.*got int8/s),
    });
  });
});

it("half precision embeddings are refused: this adapter has no shader-f16", async () => {
  await expect(load({ device: "webgpu", dtype: "fp16" })).rejects.toMatchObject({
    code: "UNSUPPORTED",
    message: expect.stringMatching(/embed_tokens.*cannot run on webgpu.*got fp16/s),
  });
});
