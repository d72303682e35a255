import { existsSync } from "node:fs";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { convertCheckpoint, type FileSink, InternVLError, openModel, openSink } from "internvl";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ConvertFolderOptions, convertFolder } from "../src/convert-command/convert-folder.js";
import { defaultOutput, resolveInput } from "../src/convert-command/input.js";
import { copyDemo, DEMO, filesBelow, temporaryFolder } from "./workspace.js";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
});
afterAll(() => folder.remove());

/** Converts the demo model into a folder of this test's. */
function convert(name: string, options: Partial<ConvertFolderOptions> = {}) {
  return convertFolder({ input: DEMO, output: join(folder.path, name), dtype: ["q4"], check: false, ...options });
}

async function failureOf(running: Promise<unknown>): Promise<InternVLError> {
  const error = await running.then(
    () => undefined,
    (reason) => reason,
  );
  expect(InternVLError.isInstance(error)).toBe(true);
  return error;
}

describe("convertFolder", () => {
  it("writes every dtype and compares them with the most exact", async () => {
    const report = await convert("all", { dtype: ["q4", "fp32"], check: true });
    expect(report.graphs.map(({ path }) => path)).toEqual([
      "onnx/vision_encoder_int8.onnx",
      "onnx/vision_encoder.onnx",
      "onnx/embed_tokens_int8.onnx",
      "onnx/embed_tokens.onnx",
      "onnx/decoder_model_merged_q4.onnx",
      "onnx/decoder_model_merged.onnx",
    ]);
    const [exact, rough] = report.checks!;
    expect(exact).toMatchObject({ dtype: { decoder_model_merged: "fp32" }, featureCosine: null });
    expect(rough).toMatchObject({ dtype: { vision_encoder: "int8", decoder_model_merged: "q4" } });
    expect(rough!.featureCosine).toBeGreaterThan(0.99);
    expect(rough!.featureCosine).toBeLessThan(1);
    expect(rough!.logitCosine).toBeGreaterThan(0.95);
    expect(rough!.greedyAgreement).toBeGreaterThan(0.5);
    expect(report.byteLength).toBe(report.graphs.reduce((sum, graph) => sum + graph.byteLength, 0));
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
    const progress_callback = () => controller.abort();
    await failureOf(convert("replaced", { dtype: ["fp32"], signal: controller.signal, progress_callback }));
    expect(await filesBelow(output)).not.toContain("config.json");
    await convert("replaced", { check: true });
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
