import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LINKED_WEIGHTS } from "@internvl/config";
import { convertCheckpoint } from "@internvl/convert";
import { MemoryFolder } from "@internvl/core";
import { InternVL2_5ForConditionalGeneration } from "@internvl/model";
import { DirectoryFiles, nodeRuntime, openDirectorySink } from "@internvl/runtime-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DEMO_CHECKPOINT, loadDemo, square } from "./demo.js";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "internvl-linked-"));
  // A copy, so that both lie on one disk.
  const checkpoint = join(root, "checkpoint");
  await cp(DEMO_CHECKPOINT, checkpoint, { recursive: true });
  for (const link of [true, false]) {
    const sink = await openDirectorySink(join(root, link ? "linked" : "written"));
    await convertCheckpoint(new DirectoryFiles(checkpoint), sink, { dtype: "fp16", link });
  }
});
afterAll(() => rm(root, { recursive: true }));

async function logits(folder: string): Promise<Float32Array> {
  const { model, processor } = await loadDemo(join(root, folder), { dtype: "fp16" });
  const content = [{ type: "image" as const }, { type: "text" as const, text: "Describe this image." }];
  const text = processor.apply_chat_template([{ role: "user", content }], { add_generation_prompt: true }) as string;
  const output = await model.forward(await processor({ text: [text], images: [square(224)] }));
  await model.dispose();
  return output.logits.data as Float32Array;
}

/** The error of loading the linked folder after `change`, which is undone. */
async function failureAfter(path: string, change: (path: string) => Promise<void>): Promise<unknown> {
  const place = join(root, "linked", path);
  const before = await readFile(place);
  await change(place);
  try {
    return await loadDemo(join(root, "linked"), { dtype: "fp16" }).catch((error: unknown) => error);
  } finally {
    await writeFile(place, before);
  }
}

describe("a folder whose graphs read the checkpoint's weights", () => {
  it("computes what one with weights of its own does, bit for bit", async () => {
    const [linked, written] = [await logits("linked"), await logits("written")];
    expect(linked.length).toBeGreaterThan(10_000);
    expect(linked.findIndex((value, index) => value !== written[index])).toBe(-1);
  });

  it("says which file is missing and what to do", async () => {
    const error = await failureAfter("onnx/model.safetensors", (path) => rm(path));
    expect(error).toMatchObject({
      code: "FILE_NOT_FOUND",
      message: expect.stringContaining("onnx/model.safetensors is not in"),
      parts: { fix: expect.stringContaining("convert the model again") },
    });
  });

  it("refuses a list that is none", async () => {
    const error = await failureAfter(LINKED_WEIGHTS, (path) => writeFile(path, '{ "files": "model.safetensors" }'));
    expect(error).toMatchObject({ code: "FILE_INVALID", message: expect.stringContaining(LINKED_WEIGHTS) });
  });

  it("is refused where it is not on a disk", async () => {
    const files = new DirectoryFiles(join(root, "linked"));
    const paths = (await files.list()).filter((path) => !path.endsWith(".safetensors"));
    const entries = await Promise.all(paths.map(async (path) => [path, await files.read(path)] as const));
    const folder = new MemoryFolder(Object.fromEntries(entries));
    const loading = InternVL2_5ForConditionalGeneration.from_pretrained(folder, {
      runtime: nodeRuntime,
      dtype: "fp16",
    });
    await expect(loading).rejects.toMatchObject({
      code: "UNSUPPORTED",
      parts: { fix: expect.stringContaining("without the option link") },
    });
  });
});
