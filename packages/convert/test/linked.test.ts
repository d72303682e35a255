import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  Checkpoint,
  type ConvertOptions,
  convertCheckpoint,
  rewriteCheckpoint,
  type SafetensorsDtype,
  writeSafetensors,
} from "@internvl/convert";
import { MemoryFolder, writeFile } from "@internvl/core";
import { DirectoryFiles, openDirectorySink } from "@internvl/runtime-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { castTo } from "../src/quantise/index.js";
import { type RandomCheckpointOptions, randomCheckpoint } from "./random-checkpoint.js";
import { features, logits } from "./run-graphs.js";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "internvl-linked-"));
});
afterAll(() => rm(root, { recursive: true }));

interface Stored extends RandomCheckpointOptions {
  dtype: SafetensorsDtype;
  /** How many zeros of its header a file has beyond the format's own. */
  shift?: number;
}

/** A checkpoint in a folder on disk. */
async function checkpoint(name: string, { dtype, shift = 0, ...options }: Stored): Promise<string> {
  const directory = join(root, name);
  const sink = await openDirectorySink(directory);
  const { "model.safetensors": weights, ...others } = await randomCheckpoint(options);
  for (const [path, content] of Object.entries(others)) await writeFile(sink, path, content);
  const source = await Checkpoint.open(new MemoryFolder({ "model.safetensors": weights! }));
  const cast = new MemoryFolder();
  await writeSafetensors(
    cast,
    "model.safetensors",
    source.names().map((tensor) => {
      const values = castTo(dtype, source.get(tensor));
      return { name: tensor, dtype, shape: values.shape, bytes: (reading) => values.stream(reading) };
    }),
  );
  await writeFile(sink, "model.safetensors", shifted(cast.files.get("model.safetensors")!, shift));
  return directory;
}

/** A file whose header is longer by some spaces, as other programs write them. */
function shifted(file: Uint8Array, bytes: number): Uint8Array {
  const header = Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  const longer = new Uint8Array(file.length + bytes).fill(0x20);
  longer.set(file.subarray(0, 8 + header));
  longer.set(file.subarray(8 + header), 8 + header + bytes);
  new DataView(longer.buffer).setBigUint64(0, BigInt(header + bytes), true);
  return longer;
}

async function convert(from: string, to: string, options: ConvertOptions) {
  const directory = join(root, to);
  const conversion = await convertCheckpoint(new DirectoryFiles(from), await openDirectorySink(directory), options);
  return { ...conversion, files: new DirectoryFiles(directory) };
}

/** Features and logits, bit for bit. */
async function numbers(files: DirectoryFiles, suffix = ""): Promise<number[]> {
  return [...(await features(files, suffix)), ...(await logits(files, suffix))];
}

describe("convertCheckpoint with link", () => {
  it.each([
    ["F32", "fp32", "", { form: "300M" }],
    ["F32", "fp32", "", { form: "6B", language: "internlm2", tied: true }],
    ["BF16", "fp32", "", { form: "300M", tied: true }],
    ["BF16", "fp32", "", { form: "6B", language: "internlm2 with bias" }],
    ["F16", "fp16", "_fp16", { form: "300M" }],
    ["F16", "fp16", "_fp16", { form: "6B", tied: true }],
  ] as const)("reads %s for %s from the checkpoint's own file (%s%o)", async (stored, dtype, suffix, options) => {
    const name = `${stored}-${options.form}`;
    const source = await checkpoint(name, { dtype: stored, ...options });
    const written = await convert(source, `${name}-written`, { dtype });
    const linked = await convert(source, `${name}-linked`, { dtype, link: true });
    expect(linked.linked).toEqual(["model.safetensors"]);
    expect(written.linked).toEqual([]);
    const [original, second] = await Promise.all(
      [join(source, "model.safetensors"), linked.files.localPath("onnx/model.safetensors")].map((path) => stat(path)),
    );
    expect([second!.dev, second!.ino]).toEqual([original!.dev, original!.ino]);
    // The protobuf, and what is not read as it is stored: norms and biases.
    const weights = written.byteLength - linked.byteLength;
    expect(weights).toBeGreaterThan(0.8 * written.byteLength);

    const expected = await numbers(written.files, suffix);
    // Its own name is enough.
    await rm(source, { recursive: true });
    expect(await numbers(linked.files, suffix)).toEqual(expected);
  });

  it("reads shards, and writes what has to be put together", async () => {
    const source = await checkpoint("whole", { dtype: "BF16", form: "300M" });
    const shards = join(root, "shards");
    await rewriteCheckpoint(new DirectoryFiles(source), await openDirectorySink(shards), {
      to: "transformers",
      max_shard_size: 200_000,
    });
    const written = await convert(shards, "shards-written", { dtype: "fp32" });
    const { files, linked } = await convert(shards, "shards-linked", { dtype: "fp32", link: true });
    expect(linked.length).toBeGreaterThan(1);
    expect(linked.every((file) => /^model-0000\d-of-0000\d\.safetensors$/.test(file))).toBe(true);
    // Transformers keeps InternViT's queries, keys and values apart.
    expect(await files.size("onnx/vision_encoder.onnx_data")).toBeGreaterThan(3 * 3 * 48 * 48 * 4);
    expect(await numbers(files)).toEqual(await numbers(written.files));
  });

  it("writes what does not begin at a multiple of its elements", async () => {
    const source = await checkpoint("odd", { dtype: "F32", form: "300M", shift: 2 });
    await expect(convert(source, "odd-linked", { dtype: "fp32", link: true })).rejects.toMatchObject({
      code: "INPUT_INVALID",
      message: expect.stringContaining("cannot read any weights"),
    });
  });

  it("refuses before it writes anything where no weight can be read as it is stored", async () => {
    const source = await checkpoint("brief", { dtype: "BF16", form: "300M" });
    for (const dtype of ["fp16", "q4", "int8"] as const) {
      await expect(convert(source, "nothing", { dtype, link: true })).rejects.toMatchObject({ code: "INPUT_INVALID" });
    }
    await expect(stat(join(root, "nothing"))).rejects.toThrow("ENOENT");
  });

  it("refuses what is no folder on a disk", async () => {
    const files = new MemoryFolder(await randomCheckpoint({ form: "300M" }));
    const sink = await openDirectorySink(join(root, "nothing"));
    await expect(convertCheckpoint(files, sink, { dtype: "fp32", link: true })).rejects.toMatchObject({
      code: "UNSUPPORTED",
    });
  });
});
