import { cp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  InternVL2_5ForConditionalGeneration,
  InternVL2_5Processor,
  load_image,
  type ModelOptions,
  type ProgressInfo,
  type Runtime,
  slice_prompt,
} from "internvl";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { COMMIT, ID, refuse } from "../../../runtime-node/test/hub/fake-hub.js";
import { convertFolder } from "../../src/convert-command/convert-folder.js";
import { convertOnFirstUse } from "../../src/first-use/convert-on-first-use.js";
import { DEMO, SAMPLE, temporaryFolder } from "../workspace.js";
import { fetched, runtimeOf, startDemoHub } from "./hub.js";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
  vi.stubEnv("XDG_CACHE_HOME", join(folder.path, "cache"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await folder.remove();
});

/** What the cache holds: finished conversions and, with a dot in their names, unfinished ones. */
const conversions = () => readdir(join(folder.path, "cache/internvl/converted"));

/** The example of the README. */
async function answer(place: string, options: ModelOptions = {}): Promise<string> {
  const { runtime } = options;
  const model = await InternVL2_5ForConditionalGeneration.from_pretrained(place, { dtype: "q4", ...options });
  const processor = await InternVL2_5Processor.from_pretrained(place, { runtime });
  const image = await load_image(SAMPLE);
  const conversation = [{ role: "user", content: [{ type: "image" }, { type: "text", text: "Describe this image." }] }];
  const text = processor.apply_chat_template(conversation, { add_generation_prompt: true });
  const inputs = await processor({ text: [text], images: [image], padding: true });
  const output_ids = await model.generate({ ...inputs, max_new_tokens: 24 });
  await model.dispose();
  return processor.batch_decode(slice_prompt(output_ids, inputs.input_ids), { skip_special_tokens: true })[0]!;
}

async function expectedAnswer(): Promise<string> {
  const output = join(folder.path, "by-command");
  await convertFolder({ input: DEMO, output, dtype: ["q4"], check: false });
  return answer(output);
}

describe("a model id", () => {
  it("is downloaded, converted and answers; a second start, offline, asks nothing", async () => {
    const hub = await startDemoHub();
    const reports: ProgressInfo[] = [];
    const progress_callback = (info: ProgressInfo) => void reports.push(info);
    const first = await answer(ID, { runtime: runtimeOf(hub, folder.path), progress_callback });
    expect(first).toBe(await expectedAnswer());

    const stages = reports.map(({ stage }) => stage).filter((stage) => stage !== "verify" && stage !== "read");
    expect(stages.filter((stage, index) => stage !== stages[index - 1])).toEqual(["download", "convert", "load"]);
    const [name] = await conversions();
    const directory = join(folder.path, "cache/internvl/converted", name!);
    expect(reports.find(({ stage }) => stage === "convert")).toMatchObject({ directory, loaded: 0, total: 3 });
    expect(fetched(hub)).not.toEqual(expect.arrayContaining([expect.stringMatching(/README|\.py|\.bin|\.jpg/)]));
    expect(hub.bodies).toHaveLength(1);

    hub.log.length = 0;
    const offline = runtimeOf(hub, folder.path, { HF_HUB_OFFLINE: "1" });
    expect(await answer(ID, { runtime: offline })).toBe(first);
    expect(hub.log).toEqual([]);
    expect(await conversions()).toEqual([name]);
  });

  it("is converted once whatever its revision is called, and its weights are not needed afterwards", async () => {
    const hub = await startDemoHub();
    const runtime = runtimeOf(hub, folder.path);
    const load = async (revision: string) => {
      const model = await InternVL2_5ForConditionalGeneration.from_pretrained(ID, { runtime, revision });
      await model.dispose();
    };
    await load("main");
    const before = await conversions();
    await rm(join(folder.path, "huggingface"), { recursive: true });
    hub.log.length = 0;
    for (const revision of ["main", "v1.0", COMMIT]) await load(revision);
    expect(await conversions()).toEqual(before);
    expect(hub.bodies).toEqual([]);
  });

  it("gives the processor what it needs without weights", async () => {
    const hub = await startDemoHub();
    await InternVL2_5Processor.from_pretrained(ID, { runtime: runtimeOf(hub, folder.path) });
    expect(hub.bodies).toEqual([]);
    expect(fetched(hub)).toContain("tokenizer.json");
  });

  it("with a damaged tokenizer is refused before its weights are fetched", async () => {
    const hub = await startDemoHub();
    hub.files.set("tokenizer.json", { bytes: Buffer.from("{}") });
    await expect(answer(ID, { runtime: runtimeOf(hub, folder.path) })).rejects.toMatchObject({
      code: "TOKENIZER_INVALID",
    });
    expect(hub.bodies).toEqual([]);
  });

  it("whose download fails leaves no conversion, and works when the Hub does", async () => {
    const hub = await startDemoHub();
    hub.fault = ({ server }, response) => server === "cdn" && refuse(response, 404);
    const runtime = runtimeOf(hub, folder.path);
    await expect(answer(ID, { runtime })).rejects.toMatchObject({ code: "HUB_UNAVAILABLE" });
    hub.fault = () => {};
    expect(await answer(ID, { runtime })).not.toBe("");
    expect(await conversions()).toHaveLength(1);
  });
});

describe("a directory", () => {
  it("is converted once a dtype, by its content and not by its place", async () => {
    const { path } = folder;
    await cp(DEMO, join(path, "a/demo"), { recursive: true });
    await cp(DEMO, join(path, "b/demo"), { recursive: true });
    const expected = await expectedAnswer();
    expect(await answer(join(path, "a/demo"))).toBe(expected);
    expect(await answer(join(path, "b/demo"))).toBe(expected);
    expect(await conversions()).toHaveLength(1);
    await answer(join(path, "a/demo"), { dtype: { vision_encoder: "fp32" } });
    expect(await conversions()).toHaveLength(2);
  });

  it("is refused with the command where the runtime converts nothing", async () => {
    const { convertCheckpoint: _, ...runtime } = runtimeOf(await startDemoHub(), folder.path);
    await expect(answer(DEMO, { runtime })).rejects.toMatchObject({
      code: "FILE_NOT_FOUND",
      message: expect.stringContaining(`internvl-convert --input ${DEMO}`),
    });
  });

  it("refuses a dtype that is none before anything is made", async () => {
    const files = await runtimeOf(await startDemoHub(), folder.path).files.open(DEMO);
    await expect(convertOnFirstUse(files, { dtype: "q3" as "q4" })).rejects.toMatchObject({ code: "INPUT_INVALID" });
    await expect(conversions()).rejects.toThrow("ENOENT");
  });
});

describe("several at once, and stops", () => {
  const convert = async (runtime: Runtime, options: Pick<ModelOptions, "signal" | "progress_callback"> = {}) =>
    (await convertOnFirstUse(await runtime.files.open(DEMO), options)).name;

  it("one converts, the other waits for it", async () => {
    const runtime = runtimeOf(await startDemoHub(), folder.path);
    const began: ProgressInfo[][] = [[], []];
    const names = await Promise.all(
      began.map((reports) =>
        convert(runtime, {
          progress_callback: (info) => info.stage === "convert" && info.directory !== undefined && reports.push(info),
        }),
      ),
    );
    expect(names[0]).toBe(names[1]);
    expect(began.flat()).toHaveLength(1);
    expect(await conversions()).toHaveLength(1);
  });

  it("an abort in the middle leaves nothing behind, and the next call converts", async () => {
    const runtime = runtimeOf(await startDemoHub(), folder.path);
    const controller = new AbortController();
    const progress_callback = ({ unit, loaded, stage }: ProgressInfo) =>
      void (stage === "convert" && unit === "files" && loaded === 1 && controller.abort());
    const running = convert(runtime, { signal: controller.signal, progress_callback });
    await expect(running).rejects.toMatchObject({ name: "AbortError" });
    expect(await conversions()).toEqual([]);
    expect(await readdir(await convert(runtime))).toContain("config.json");
  });

  it("a conversion that somebody half removed is made again", async () => {
    const runtime = runtimeOf(await startDemoHub(), folder.path);
    const directory = await convert(runtime);
    await rm(join(directory, "config.json"));
    await rm(join(directory, "tokenizer.json"));
    expect(await convert(runtime)).toBe(directory);
    expect(await readdir(directory)).toEqual(expect.arrayContaining(["config.json", "tokenizer.json"]));
  });
});
