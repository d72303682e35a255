import { existsSync } from "node:fs";
import { mkdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Checkpoint } from "@internvl/convert";
import { convertCheckpoint, type FileSink, InternVLError, openModel, openSink, type ProgressInfo } from "internvl";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ConvertFolderOptions, convertFolder } from "../src/convert-command/convert-folder.js";
import { defaultOutput, resolveInput } from "../src/convert-command/input.js";
import { summaryText } from "../src/convert-command/summary.js";
import { copyDemo, DEMO, filesBelow, temporaryFolder } from "./workspace.js";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

/** Converts the demo model into a folder of this test's. */
function convert(name: string, options: Partial<ConvertFolderOptions> = {}) {
  return convertFolder({ input: DEMO, output: join(folder.path, name), dtype: ["q4"], verify: false, ...options });
}

async function failureOf(running: Promise<unknown>): Promise<InternVLError> {
  const error = await running.then(
    () => undefined,
    (reason) => reason,
  );
  expect(InternVLError.isInstance(error)).toBe(true);
  return error;
}

/** Overwrites a float16 tensor of a checkpoint. */
async function fillWithNaN(checkpoint: string, name: string): Promise<void> {
  const path = join(checkpoint, "model.safetensors");
  const { file, offset, byteLength } = (await Checkpoint.open(await openModel(checkpoint))).get(name);
  expect(file).toBe("model.safetensors");
  const bytes = await readFile(path);
  bytes.fill(0xff, offset, offset + byteLength);
  await writeFile(path, bytes);
}

describe("convertFolder", () => {
  it("writes every dtype and compares each graph with the checkpoint", async () => {
    const report = await convert("all", { dtype: ["q4", "fp32"], verify: undefined });
    expect(report.graphs.map(({ path }) => path)).toEqual([
      "onnx/vision_encoder_int8.onnx",
      "onnx/vision_encoder.onnx",
      "onnx/embed_tokens_int8.onnx",
      "onnx/embed_tokens.onnx",
      "onnx/decoder_model_merged_q4.onnx",
      "onnx/decoder_model_merged.onnx",
    ]);
    const checks = report.checks!;
    const partsOf = (graph: string, dtype: string) =>
      checks.filter((check) => check.graph === graph && check.dtype === dtype);
    for (const dtype of ["int8", "fp32"]) {
      expect(partsOf("vision_encoder", dtype).map(({ part, layer }) => [part, layer])).toEqual([
        ["embedding", null],
        ...[0, 2, 3, 5].map((layer) => ["layer", layer]),
        ["projector", null],
      ]);
    }
    expect(partsOf("decoder_model_merged", "q4").map(({ part }) => part)).toEqual([
      ...["layer", "layer", "layer", "layer", "logits"],
    ]);
    for (const { difference } of checks.filter(({ dtype }) => dtype === "fp32")) expect(difference).toBeLessThan(1e-4);
    expect(report.byteLength).toBe(report.graphs.reduce((sum, graph) => sum + graph.byteLength, 0));
    expect(report.parameters).toBeGreaterThan(2e6);
    expect(summaryText(report)).toMatch(
      /Compared with the checkpoint in .*: 24 parts.*\n {2}vision_encoder int8: differs/,
    );
    expect(await filesBelow(report.output)).not.toContainEqual(expect.stringContaining("partial"));
  });

  it("links the checkpoint's weights, compares, and lets go of them with the next conversion", async () => {
    const input = await copyDemo(join(folder.path, "to-link"));
    const linked = await convert("linked", { input, dtype: ["fp16"], link: true, verify: true });
    expect(linked.linked).toEqual(["model.safetensors"]);
    expect(linked.checks!.length).toBeGreaterThan(10);
    expect(summaryText(linked)).toContain("read from the checkpoint's own files, linked: model.safetensors");
    const weights = join(linked.output, "onnx", "model.safetensors");
    expect((await stat(weights)).ino).toBe((await stat(join(input, "model.safetensors"))).ino);
    expect(JSON.parse(await readFile(join(linked.output, "files.json"), "utf8"))).toContain("onnx/model.safetensors");

    // It is ours, and so are the links.
    const written = await convert("linked", { input, dtype: ["fp16"] });
    expect(written.byteLength).toBeGreaterThan(5 * linked.byteLength);
    expect(await filesBelow(linked.output)).not.toContainEqual(expect.stringMatching(/safetensors|linked/));
    expect((await stat(join(input, "model.safetensors"))).nlink).toBe(1);
  });

  it("leaves no link behind when it is aborted", async () => {
    const input = await copyDemo(join(folder.path, "not-to-link"));
    const controller = new AbortController();
    const progress_callback = ({ stage }: ProgressInfo) => {
      if (stage === "convert") controller.abort();
    };
    const options: Partial<ConvertFolderOptions> = { input, dtype: ["fp16"], link: true, progress_callback };
    const aborted = convert("aborted-link", { ...options, signal: controller.signal });
    expect((await failureOf(aborted)).code).toBe("ABORTED");
    expect(existsSync(join(folder.path, "aborted-link"))).toBe(false);
    expect((await stat(join(input, "model.safetensors"))).nlink).toBe(1);
  });

  it("says how to compare what was not compared", async () => {
    const report = await convert("not-compared");
    expect(report).toMatchObject({ checks: null, checkSeconds: null });
    expect(summaryText(report)).toContain("Not compared with the checkpoint (--no-verify)");
    const large = { ...report, parameters: 938_000_000 };
    expect(summaryText(large)).toContain("938 million parameters are more than");
    expect(summaryText(large)).toContain("--verify");
  });

  it("sets a conversion aside that does not compute what the checkpoint should", async () => {
    const checkpoint = await copyDemo(join(folder.path, "no-numbers"));
    await fillWithNaN(checkpoint, "language_model.model.norm.weight");
    for (const place of ["wrong.failed", "wrong.failed-2"]) {
      const error = await failureOf(convert("wrong", { input: checkpoint, verify: true }));
      expect(error.code).toBe("CONVERSION_FAILED");
      expect(error.message).toMatch(
        /decoder_model_merged in q4 .*: layer 3\. Expected a difference of at most .*, got not a/,
      );
      expect(error.message).toContain(`What was written is in ${join(folder.path, place)}.`);
      expect(existsSync(join(folder.path, "wrong"))).toBe(false);
      expect(await filesBelow(join(folder.path, place))).toContain("config.json");
    }
  });

  it("leaves nothing when it is aborted while it is compared", async () => {
    const controller = new AbortController();
    const progress_callback = ({ stage, loaded }: ProgressInfo) => {
      if (stage === "check" && loaded === 3) controller.abort();
    };
    const error = await failureOf(convert("stopped", { verify: true, signal: controller.signal, progress_callback }));
    expect(error.code).toBe("ABORTED");
    expect(existsSync(join(folder.path, "stopped"))).toBe(false);
  });

  it("replaces an earlier conversion, and what a killed one left", async () => {
    await convert("twice", { dtype: ["fp32"] });
    const output = join(folder.path, "twice");
    await writeFile(join(output, "onnx", ".vision_encoder.onnx_data.0123456789ab.partial"), "half");
    await writeFile(join(output, "README.md"), "mine");
    await convert("twice", { dtype: ["q4"] });
    const files = await filesBelow(output);
    expect(files).toContain("README.md");
    expect(files.filter((name) => name.includes("onnx")).sort()).toEqual([
      "decoder_model_merged_q4.onnx",
      "decoder_model_merged_q4.onnx_data",
      "embed_tokens_int8.onnx",
      "embed_tokens_int8.onnx_data",
      "vision_encoder_int8.onnx",
      "vision_encoder_int8.onnx_data",
    ]);
  });

  it("never writes into the checkpoint, by whatever name", async () => {
    const checkpoint = await copyDemo(join(folder.path, "checkpoint"));
    await symlink(checkpoint, join(folder.path, "link"));
    for (const output of [checkpoint, join(folder.path, "link"), `${checkpoint}/../checkpoint`]) {
      const error = await failureOf(convert("", { input: checkpoint, output, force: true }));
      expect(error.code).toBe("INPUT_INVALID");
    }
    expect(await readFile(join(checkpoint, "config.json"))).toEqual(await readFile(join(DEMO, "config.json")));
  });

  it("writes into a folder with other files only when told to", async () => {
    const output = join(folder.path, "full");
    await mkdir(output);
    await writeFile(join(output, "thesis.txt"), "years");
    const error = await failureOf(convert("full"));
    expect(error.code).toBe("INPUT_INVALID");
    expect(error.message).toContain("thesis.txt");
    expect(await filesBelow(output)).toEqual(["thesis.txt"]);
    await convert("full", { force: true });
    expect(await readFile(join(output, "thesis.txt"), "utf8")).toBe("years");
  });

  it("refuses another checkpoint's folder as output", async () => {
    const other = await copyDemo(join(folder.path, "other"));
    expect((await failureOf(convert("other"))).code).toBe("INPUT_INVALID");
    expect(await readFile(join(other, "config.json"))).toEqual(await readFile(join(DEMO, "config.json")));
  });

  it("leaves nothing when it is aborted between two graphs or within one", async () => {
    for (const unit of ["files", "bytes"]) {
      const controller = new AbortController();
      const progress_callback = (info: { unit: string }) => {
        if (info.unit === unit) controller.abort();
      };
      const error = await failureOf(convert("aborted", { signal: controller.signal, progress_callback }));
      expect(error.code).toBe("ABORTED");
      expect(existsSync(join(folder.path, "aborted"))).toBe(false);
    }
  });

  it("is no model while it is replaced", async () => {
    await convert("replaced");
    const output = join(folder.path, "replaced");
    const controller = new AbortController();
    const progress_callback = ({ stage }: ProgressInfo) => (stage === "convert" ? controller.abort() : undefined);
    await failureOf(convert("replaced", { dtype: ["fp32"], signal: controller.signal, progress_callback }));
    expect(await filesBelow(output)).not.toContain("config.json");
    await convert("replaced", { verify: true });
  });
});

describe("a disk without space", () => {
  it("is an error, and every file that was begun is given up", async () => {
    const directory = join(folder.path, "small-disk");
    const disk = await openSink(directory);
    let space = 1e6;
    const sink: FileSink = {
      name: disk.name,
      async create(path) {
        const writer = await disk.create(path);
        return {
          commit: () => writer.commit(),
          abort: () => writer.abort(),
          write: async (bytes) => {
            space -= bytes.byteLength;
            if (space < 0) throw Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
            await writer.write(bytes);
          },
        };
      },
    };
    await expect(convertCheckpoint(await openModel(DEMO), sink, { dtype: "fp32" })).rejects.toThrow("ENOSPC");
    expect(await filesBelow(directory)).toEqual([]);
  });
});

describe("resolveInput", () => {
  it("finds a published model where it lies", async () => {
    const place = join(folder.path, "models", "InternVL2_5-1B");
    await copyDemo(place);
    expect(resolveInput({ model_name: "InternVL2_5-1B", cache_dir: join(folder.path, "models") })).toBe(place);
    expect(resolveInput({ model_name: "OpenGVLab/InternVL2_5-1B", cache_dir: join(folder.path, "models") })).toBe(
      place,
    );
    expect(resolveInput({ input: "somewhere" })).toBe("somewhere");
  });

  it("names one that is not there by its hub id", () => {
    expect(resolveInput({ model_name: "InternVL2_5-4B" })).toBe("OpenGVLab/InternVL2_5-4B");
    expect(defaultOutput("OpenGVLab/InternVL2_5-4B", "ONNX")).toBe("InternVL2_5-4B-ONNX");
    expect(defaultOutput(`${DEMO}/`, "seed")).toBe(`${DEMO}-seed`);
  });

  it("says what is missing", () => {
    expect(() => resolveInput({ model_name: "InternVL2_5-3B" })).toThrow("no published model");
    expect(() => resolveInput({})).toThrow("--model_name NAME or --input DIR");
  });
});
