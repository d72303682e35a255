import { InternVL2_5Config } from "@internvl/config";
import { type Runtime, writeFile } from "@internvl/core";
import { InternVL2_5ForConditionalGeneration as Model, type ModelOptions } from "@internvl/model";
import { InternVL2_5Processor } from "@internvl/processor";
import {
  createWebFiles,
  createWorkerPort,
  openStoredSink,
  removeStoredFolder,
  webFiles,
  webRuntime,
} from "@internvl/runtime-web";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { padTable } from "../../model/test/padded-table.js";
import { serveFolder } from "./serve-folder.js";
import { continuation, convertTiny, goldenCases } from "./tiny.js";

const FOLDER = `tiny-4b-${crypto.randomUUID()}`;
const DTYPES = ["fp32", "fp16", "int8"] as const;
/** Tokens from the whole vocabulary but for those of pictures, which stand at its end; in two rows. */
const TOKENS = [0, 1].map((row) => Array.from({ length: 220 }, (_, i) => 2 * i + row));
const IN_GRAPH = { device: { embed_tokens: "wasm" } };

const cases = await goldenCases();
let processor: InternVL2_5Processor;

beforeAll(async () => {
  await convertTiny(FOLDER, "tiny-4b", DTYPES);
  processor = await InternVL2_5Processor.from_pretrained(FOLDER, { runtime: webRuntime });
  const files = await webFiles.open(FOLDER);
  const config = await InternVL2_5Config.from_pretrained(files);
  for (const dtype of DTYPES) await padTable(files, await openStoredSink(FOLDER), dtype, config);
});
afterAll(() => removeStoredFolder(FOLDER));

const inWorker: Runtime = {
  ...webRuntime,
  spawnModelWorker: async () =>
    createWorkerPort(new Worker(new URL("./model-worker.ts", import.meta.url), { type: "module" })),
};

async function withModel<Result>(
  options: ModelOptions,
  body: (model: Model) => Promise<Result>,
  folder: string = FOLDER,
): Promise<Result> {
  const model = await Model.from_pretrained(folder, { runtime: webRuntime, ...options });
  return body(model).finally(() => model.dispose());
}

describe("embeddings in the page's storage", () => {
  it.each(DTYPES)("are the graph's, bit for bit: %s", async (dtype) => {
    const logitsOf = (place: string, options: ModelOptions) =>
      withModel(
        { dtype: { vision_encoder: "fp32", embed_tokens: dtype, decoder_model_merged: "fp32" }, ...options },
        async (model) => {
          expect(model.devices.embed_tokens.name).toBe(place);
          const { logits } = await model.forward({ input_ids: TOKENS });
          return logits.data as Float32Array;
        },
      );
    const [inFile, inGraph] = [await logitsOf("file", {}), await logitsOf("wasm", IN_GRAPH)];
    expect(inFile.length).toBe(440 * 451);
    expect(inFile.findIndex((value, index) => value !== inGraph[index])).toBe(-1);
  });

  it.each([
    ["in the page", { runtime: webRuntime }],
    ["in a worker", { runtime: inWorker, worker: true }],
  ])("give the original's tokens, %s", (_, options) =>
    withModel({ dtype: "fp32", ...options }, async (model) => {
      expect(model.devices.embed_tokens.name).toBe("file");
      for (const row of Object.values(cases)) {
        expect(await continuation(model, processor, row)).toEqual(row.generated);
      }
    }),
  );

  it("are looked up in the graph where the files are on a web server", async () => {
    const stored = await webFiles.open(FOLDER);
    const served: Record<string, Uint8Array> = {};
    for (const path of await stored.list()) if (!/_(fp16|int8)\./.test(path)) served[path] = await stored.read(path);
    const files = createWebFiles({ fetch: serveFolder(served) });
    const runtime = { ...webRuntime, files };
    const place = await withModel({ runtime }, async (model) => model.devices.embed_tokens.name, "https://host/tiny");
    expect(place).toBe("wasm");
  });

  it("are an error when their file is replaced, and not other numbers", () =>
    withModel(
      { dtype: { vision_encoder: "fp32", embed_tokens: "fp16", decoder_model_merged: "fp32" } },
      async (model) => {
        await model.forward({ input_ids: [[1, 2]] });
        await writeFile(await openStoredSink(FOLDER), "onnx/embed_tokens_fp16.onnx_data", new Uint8Array(10_000_000));
        await expect(model.forward({ input_ids: [[440, 2]] })).rejects.toMatchObject({
          code: "FILE_INVALID",
          message: expect.stringContaining("embed_tokens_fp16.onnx_data"),
        });
      },
    ));
});
