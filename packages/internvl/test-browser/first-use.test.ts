import { MemoryFolder, type ProgressInfo, writeFile } from "@internvl/core";
import { openStoredSink, removeStoredFolder } from "@internvl/runtime-web";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { continuation, goldenCases, tinyCheckpoint } from "../../runtime-web/test-browser/tiny.js";
import { defaultRuntime, InternVL2_5ForConditionalGeneration, InternVL2_5Processor } from "../src/browser.js";

const CHECKPOINT = `checkpoint-${crypto.randomUUID()}`;
const cases = await goldenCases();

beforeAll(async () => {
  const sink = await openStoredSink(CHECKPOINT);
  for (const [path, bytes] of Object.entries(await tinyCheckpoint())) await writeFile(sink, path, bytes);
});
afterAll(async () => {
  await removeStoredFolder(CHECKPOINT);
  await removeStoredFolder("converted");
});

/** Loads the checkpoint, and what was done for that. */
async function load(dtype: "fp32" | undefined) {
  const stages = new Set<string>();
  const progress_callback = ({ stage }: ProgressInfo) => stages.add(stage);
  const model = await InternVL2_5ForConditionalGeneration.from_pretrained(CHECKPOINT, { dtype, progress_callback });
  return { model, stages: [...stages] };
}

describe("a checkpoint in a page", () => {
  it("is converted on first use, and answers with the original's tokens", async () => {
    const { model, stages } = await load("fp32");
    expect(stages).toContain("convert");
    const processor = await InternVL2_5Processor.from_pretrained(CHECKPOINT);
    const [row] = Object.values(cases);
    expect(await continuation(model, processor, row!)).toEqual(row!.generated);
    await model.dispose();
  });

  it("is found converted the next time", async () => {
    const { model, stages } = await load("fp32");
    for (const stage of ["cache", "convert", "download"]) expect(stages).not.toContain(stage);
    await model.dispose();
  });

  it("is another conversion for another dtype; int8 is the default here", async () => {
    const { model, stages } = await load(undefined);
    expect(stages).toContain("convert");
    expect(new Set(Object.values(model.dtype))).toEqual(new Set(["int8"]));
    await model.dispose();
  });

  it("is converted anew after a tab was closed in the middle", async () => {
    const files = new MemoryFolder(await tinyCheckpoint(), `closed-${crypto.randomUUID()}`);
    const whole = await defaultRuntime.convertCheckpoint!(files, { dtype: "fp32" });
    const listed = await whole.list();
    // What is left then: everything but the file that is written last.
    const root = await (await navigator.storage.getDirectory()).getDirectoryHandle("internvl");
    let folder = await root.getDirectoryHandle("folders");
    for (const part of whole.name.split("/")) folder = await folder.getDirectoryHandle(part);
    await folder.removeEntry("config.json");
    const stages: string[] = [];
    const progress_callback = ({ stage }: ProgressInfo) => stages.push(stage);
    const again = await defaultRuntime.convertCheckpoint!(files, { dtype: "fp32", progress_callback });
    expect(stages).toContain("convert");
    expect(await again.list()).toEqual(listed);
  });

  it("is converted once for two that want it at the same time", async () => {
    const files = new MemoryFolder(await tinyCheckpoint(), `twice-${crypto.randomUUID()}`);
    const stages: string[] = [];
    const progress_callback = ({ stage }: ProgressInfo) => stages.push(stage);
    const wanted = () => defaultRuntime.convertCheckpoint!(files, { dtype: "fp32", progress_callback });
    const [one, other] = await Promise.all([wanted(), wanted()]);
    expect(one.name).toBe(other.name);
    expect(stages.filter((stage) => stage === "cache")).toHaveLength(2);
  });
});
