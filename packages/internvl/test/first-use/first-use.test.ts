import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  defaultRuntime,
  InternVL2_5ForConditionalGeneration,
  InternVL2_5Processor,
  load_image,
  type ModelOptions,
  type ProgressInfo,
  setDefaultRuntime,
  slice_prompt,
} from "internvl";
import { afterAll, beforeEach, expect, it, vi } from "vitest";
import { COMMIT, ID } from "../../../runtime-node/test/hub/fake-hub.js";
import { convertOnce } from "../../src/first-use/convert-once.js";
import { copyDemo, SAMPLE } from "../workspace.js";
import { type Setting, setting, stagesOf } from "./setting.js";

// The real fingerprint is that of the build, which need not be there.
setDefaultRuntime({ ...defaultRuntime, convertCheckpoint: convertOnce(async () => "tests") });
afterAll(() => setDefaultRuntime(defaultRuntime));

let here: Setting;
beforeEach(async () => {
  here = await setting();
  for (const [name, value] of Object.entries(here.env)) vi.stubEnv(name, value);
  return () => vi.unstubAllEnvs();
});

/** The README's example, with another picture. */
async function example(name: string, options: ModelOptions = {}): Promise<string[]> {
  const model = await InternVL2_5ForConditionalGeneration.from_pretrained(name, { dtype: "q4", ...options });
  const processor = await InternVL2_5Processor.from_pretrained(name);

  const image = await load_image(SAMPLE);
  const conversation = [{ role: "user", content: [{ type: "image" }, { type: "text", text: "Describe this image." }] }];

  const text = processor.apply_chat_template(conversation, { add_generation_prompt: true });
  const inputs = await processor({ text: [text], images: [image], padding: true });
  const output_ids = await model.generate({ ...inputs, max_new_tokens: 128 });
  const answers = processor.batch_decode(slice_prompt(output_ids, inputs.input_ids), { skip_special_tokens: true });

  await model.dispose();
  return answers;
}

async function load(name: string, options: ModelOptions = {}): Promise<ProgressInfo[]> {
  const reports: ProgressInfo[] = [];
  const progress_callback = (info: ProgressInfo) => void reports.push(info);
  const model = await InternVL2_5ForConditionalGeneration.from_pretrained(name, { progress_callback, ...options });
  await model.dispose();
  return reports;
}

it("runs the README's example from an empty cache, and again without a request", async () => {
  const answers = await example(ID);
  expect(answers[0]).not.toBe("");
  const converted = await here.conversions();
  expect(Object.keys(converted).filter((path) => path.endsWith(".onnx"))).toHaveLength(3);
  const asked = here.hub.log.map(({ url }) => url);
  expect(asked.filter((url) => /README|optimizer/.test(url))).toEqual([]);
  expect(here.hub.bodies).toHaveLength(1);

  here.hub.log.length = 0;
  vi.stubEnv("HF_HUB_OFFLINE", "1");
  expect(await example(ID)).toEqual(answers);
  expect(here.hub.log).toEqual([]);
  expect(await here.conversions()).toEqual(converted);
});

it("gives the answer of the checkpoint's own folder, which is converted once as well", async () => {
  const directory = await copyDemo(join(here.root, "demo"));
  const answers = await example(directory);
  const converted = await here.conversions();
  expect(await example(directory)).toEqual(answers);
  expect(await here.conversions()).toEqual(converted);
  expect(await example(ID)).toEqual(answers);
  expect(Object.keys(await here.conversions())).toHaveLength(2 * Object.keys(converted).length);
});

it("tells where the conversion goes, how far it is, and nothing when it is there", async () => {
  const reports = await load(ID);
  expect(stagesOf(reports)).toEqual(["cache", "download", "open", "convert", "cache", "load"]);
  const [first] = reports;
  expect(first).toMatchObject({ loaded: 0, total: 1, name: expect.stringContaining(join(here.root, "internvl")) });
  expect(await readFile(join(first!.name!, "config.json"), "utf8")).toContain("internvl");
  expect(stagesOf(await load(ID))).toEqual(["load"]);
});

it("needs no weights when the conversion is there", async () => {
  await load(ID);
  await rm(join(here.root, "hf"), { recursive: true });
  here.hub.log.length = 0;
  await load(ID);
  expect(here.hub.log.map(({ url }) => url.replace(/\?.*/, ""))).toEqual([`/api/models/${ID}/revision/main`]);
});

it("converts a commit once, whatever the revision is called", async () => {
  await load(ID);
  const converted = await here.conversions();
  for (const revision of ["v1.0", COMMIT]) expect(stagesOf(await load(ID, { revision }))).toEqual(["load"]);
  expect(await here.conversions()).toEqual(converted);
});

it("fetches no weights for the processor", async () => {
  await InternVL2_5Processor.from_pretrained(ID);
  expect(here.hub.bodies).toEqual([]);
  expect(await here.conversions()).toEqual({});
});

it("converts to each dtype that is asked for, and refuses others before anything is fetched", async () => {
  await load(ID, { dtype: "q8" });
  await load(ID, { dtype: { vision_encoder: "int8", decoder_model_merged: "q8" } });
  await load(ID, { dtype: { decoder_model_merged: "q8", vision_encoder: "int8", embed_tokens: "int8" } });
  const folders = new Set(Object.keys(await here.conversions()).map((path) => path.split("/")[1]));
  expect(folders.size).toBe(2);
  const wrong = load(ID, { dtype: "q3" as "q4" });
  await expect(wrong).rejects.toMatchObject({ code: "INPUT_INVALID" });
  expect(here.hub.bodies).toHaveLength(1);
});

it("converts a folder again when its weights have changed", async () => {
  const directory = await copyDemo(join(here.root, "demo"));
  await load(directory);
  const weights = join(directory, "model.safetensors");
  const bytes = await readFile(weights);
  bytes[bytes.length - 2]! ^= 1;
  await writeFile(weights, bytes);
  expect(stagesOf(await load(directory))).toEqual(["cache", "open", "convert", "cache", "load"]);
});

it("converts once for two that ask at the same time", async () => {
  const reports = (await Promise.all([load(ID), load(ID)])).flat();
  expect(reports.filter(({ stage, unit }) => stage === "convert" && unit === "files")).toHaveLength(3);
  expect(here.hub.bodies).toHaveLength(1);
});

it.each(["download", "convert"])("leaves nothing of a conversion that is aborted at its %s", async (stage) => {
  const controller = new AbortController();
  const progress_callback = (info: ProgressInfo) => {
    if (info.stage === stage && info.loaded > 0) controller.abort();
  };
  const loading = load(ID, { signal: controller.signal, progress_callback });
  await expect(loading).rejects.toMatchObject({ code: "ABORTED" });
  expect(await here.conversions()).toEqual({});
  expect(stagesOf(await load(ID)).at(-1)).toBe("load");
});

it("leaves nothing of a checkpoint that cannot be converted, and says why before its weights are fetched", async () => {
  here.hub.files.set("config.json", { bytes: Buffer.from('{"model_type": "llama"}') });
  await expect(load(ID)).rejects.toMatchObject({ name: "InternVLError" });
  expect(here.hub.bodies).toEqual([]);
  expect(await here.conversions()).toEqual({});
});

it("names the command where the runtime does not convert", async () => {
  const { convertCheckpoint: _, ...runtime } = defaultRuntime;
  await expect(load(ID, { runtime })).rejects.toMatchObject({
    code: "FILE_NOT_FOUND",
    message: expect.stringContaining("internvl-convert"),
  });
});
