import { MemoryFolder, type ModelFiles, type Runtime } from "@internvl/core";
import { InternVL2_5ForConditionalGeneration } from "@internvl/model";
import { InternVL2_5Processor } from "@internvl/processor";
import {
  createWorkerPort,
  openDirectoryHandle,
  openFileList,
  removeStoredFolder,
  webRuntime,
} from "@internvl/runtime-web";
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

async function folderHandle(): Promise<FileSystemDirectoryHandle> {
  let folder = await navigator.storage.getDirectory();
  for (const name of ["internvl", "folders", FOLDER]) folder = await folder.getDirectoryHandle(name);
  return folder;
}

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

describe("files that a person has chosen", () => {
  const answers = async (files: ModelFiles) => {
    const model = await InternVL2_5ForConditionalGeneration.from_pretrained(files, { runtime: inWorker, worker: true });
    const [row] = Object.values(cases);
    expect(await continuation(model, processor, row!)).toEqual(row!.generated);
    await model.dispose();
  };

  it("are opened by a worker as well: a folder's handle", async () => {
    await answers(openDirectoryHandle(await folderHandle()));
  });

  it("are opened by a worker as well: a list of files", async () => {
    const stored = openDirectoryHandle(await folderHandle());
    const files: File[] = [];
    for (const path of await stored.list()) {
      const file = new File([await stored.blob!(path)], path.split("/").at(-1)!);
      Object.defineProperty(file, "webkitRelativePath", { value: `my-model/${path}` });
      files.push(file);
    }
    await answers(openFileList(files));
  });

  it("that are open in this thread only are refused, and the message says what to pass", async () => {
    const files = new MemoryFolder({ "config.json": "{}" });
    const loading = InternVL2_5ForConditionalGeneration.from_pretrained(files, { runtime: inWorker, worker: true });
    await expect(loading).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringContaining("files that only this thread has"),
    });
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
