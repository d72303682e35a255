import { type Dtype, graphPath, InternVL2_5Config } from "@internvl/config";
import { type Runtime, type Tensor, writeFile } from "@internvl/core";
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
import { GraphEmbeddings, type TokenEmbeddings } from "../../model/src/engine/embeddings.js";
import { openTable } from "../../model/src/table/open-table.js";
import { padTable } from "../../model/test/padded-table.js";
import { serveFolder } from "./serve-folder.js";
import { continuation, convertTiny, goldenCases } from "./tiny.js";

const FOLDER = `tiny-4b-${crypto.randomUUID()}`;
const DTYPES = ["fp32", "fp16", "int8"] as const;
/** Tokens from the whole vocabulary but for those of pictures, which stand at its end; in two rows. */
const TOKENS = [0, 1].map((row) => Array.from({ length: 220 }, (_, i) => 2 * i + row));

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

/** Embeddings in the file whose graph would be run, with hardly a row in memory. */
async function openInFile(dtype: Dtype): Promise<TokenEmbeddings> {
  const files = await webFiles.open(FOLDER);
  return (await openTable(files, graphPath("embed_tokens", dtype), { kept_bytes: 512 }))!;
}

describe("embeddings in the page's storage", () => {
  it.each(DTYPES)("are the graph's, bit for bit: %s", async (dtype) => {
    const files = await webFiles.open(FOLDER);
    const path = graphPath("embed_tokens", dtype);
    const externalData = [`${path.slice("onnx/".length)}_data`];
    const graph = new GraphEmbeddings(await webRuntime.inference.createSession({ files, path, externalData }));
    const file = await openInFile(dtype);
    for (const ids of [TOKENS, [[450], [3]], [[449, 0, 449]]]) {
      const [ours, theirs] = [await file.lookUp(ids), await graph.lookUp(ids)];
      expect(ours.dims).toEqual(theirs.dims);
      const [a, b] = [bits(ours), bits(theirs)];
      expect(a.findIndex((value, index) => value !== b[index])).toBe(-1);
    }
    await graph.release();
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

  it("give the logits that the graph gives", async () => {
    const logitsOf = (options: ModelOptions) =>
      withModel(
        { dtype: { vision_encoder: "fp32", embed_tokens: "int8", decoder_model_merged: "fp32" }, ...options },
        async (model) => {
          const { logits } = await model.forward({ input_ids: TOKENS });
          return { place: model.devices.embed_tokens.name, data: logits.data as Float32Array };
        },
      );
    const [inFile, inGraph] = [await logitsOf({}), await logitsOf({ device: { embed_tokens: "wasm" } })];
    expect([inFile.place, inGraph.place]).toEqual(["file", "wasm"]);
    expect(inFile.data.length).toBe(440 * 451);
    expect(inFile.data.findIndex((value, index) => value !== inGraph.data[index])).toBe(-1);
  });

  it("are looked up in the graph where the files are on a web server", async () => {
    const stored = await webFiles.open(FOLDER);
    const served: Record<string, Uint8Array> = {};
    for (const path of await stored.list()) if (!/_(fp16|int8)\./.test(path)) served[path] = await stored.read(path);
    const files = createWebFiles({ fetch: serveFolder(served) });
    const runtime = { ...webRuntime, files };
    const place = await withModel({ runtime }, async (model) => model.devices.embed_tokens.name, "https://host/tiny");
    expect(place).toBe("wasm");
  });

  it("are an error when their file is replaced, and not other numbers", async () => {
    const file = await openInFile("fp16");
    await file.lookUp([[440]]);
    await writeFile(await openStoredSink(FOLDER), "onnx/embed_tokens_fp16.onnx_data", new Uint8Array(10_000_000));
    await expect(file.lookUp([[2]])).rejects.toMatchObject({
      code: "FILE_INVALID",
      message: expect.stringContaining("embed_tokens_fp16.onnx_data"),
    });
  });
});

function bits({ data }: Tensor): Uint32Array {
  return new Uint32Array((data as Float32Array).slice().buffer);
}
