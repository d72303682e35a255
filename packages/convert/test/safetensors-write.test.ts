import { readFileSync } from "node:fs";
import { MemoryFolder } from "@internvl/core";
import { describe, expect, test } from "vitest";
import { readSafetensorsHeader, type SafetensorsSource, writeSafetensors } from "../src/safetensors/index.js";
import { failure } from "./safetensors-files.js";

/** Written by `safetensors.torch.save_file` of safetensors 0.8.0. */
const fixture = (name: string) => new Uint8Array(readFileSync(new URL(`fixtures/${name}`, import.meta.url)));

async function sourcesOf(file: Uint8Array): Promise<SafetensorsSource[]> {
  const { tensors } = await readSafetensorsHeader(new MemoryFolder({ x: file }), "x");
  return [...tensors.values()].map(({ name, dtype, shape, offset, byteLength }) => ({
    name,
    dtype,
    shape,
    async *bytes() {
      const middle = offset + (byteLength >> 1);
      yield file.subarray(offset, middle);
      yield file.subarray(middle, offset + byteLength);
    },
  }));
}

const float = (name: string, bytes: number): SafetensorsSource => ({
  name,
  dtype: "F32",
  shape: [2],
  async *bytes() {
    yield new Uint8Array(bytes);
  },
});

describe("writeSafetensors", () => {
  test.each([
    ["reference.safetensors", { format: "pt" }],
    ["no-metadata.safetensors", undefined],
  ])("writes the bytes of %s, whatever order it gets the tensors in", async (name, metadata) => {
    const file = fixture(name);
    const sources = await sourcesOf(file);
    for (const tensors of [sources, [...sources].reverse()]) {
      const sink = new MemoryFolder();
      await writeSafetensors(sink, "out.safetensors", tensors, { metadata });
      expect(sink.files.get("out.safetensors")).toEqual(file);
    }
  });

  test("writes a file without tensors as the reference library does", async () => {
    const sink = new MemoryFolder();
    await writeSafetensors(sink, "out", []);
    expect([...sink.files.get("out")!]).toEqual([8, 0, 0, 0, 0, 0, 0, 0, ...new TextEncoder().encode("{}      ")]);
  });

  test("reports every tensor", async () => {
    const seen: unknown[] = [];
    const progress_callback = (info: unknown) => seen.push(info);
    await writeSafetensors(new MemoryFolder(), "out", [float("b", 8), float("a", 8)], { progress_callback });
    expect(seen).toEqual([
      { stage: "write", name: "a", loaded: 8, total: 16, unit: "bytes" },
      { stage: "write", name: "b", loaded: 16, total: 16, unit: "bytes" },
    ]);
  });

  test.each([4, 12])("leaves no file when a source gives %i of 8 bytes", async (bytes) => {
    const sink = new MemoryFolder();
    const error = await failure(writeSafetensors(sink, "out", [float("a", bytes)]));
    expect(error.code).toBe("CONVERSION_FAILED");
    expect(error.message).toMatch(new RegExp(`Tensor a .*8 bytes for F32 \\[2\\], got ${bytes}`));
    expect(sink.files.size).toBe(0);
  });

  test("refuses a name twice, and the name of the metadata", async () => {
    const twice = await failure(writeSafetensors(new MemoryFolder(), "out", [float("a", 8), float("a", 8)]));
    expect(twice).toMatchObject({ code: "INPUT_INVALID", message: expect.stringContaining("got a") });
    const metadata = await failure(writeSafetensors(new MemoryFolder(), "out", [float("__metadata__", 8)]));
    expect(metadata.code).toBe("INPUT_INVALID");
  });

  test("leaves no file when it is aborted", async () => {
    const sink = new MemoryFolder();
    const controller = new AbortController();
    const source: SafetensorsSource = {
      ...float("a", 8),
      async *bytes() {
        yield new Uint8Array(4);
        controller.abort();
        yield new Uint8Array(4);
      },
    };
    const error = await failure(writeSafetensors(sink, "out", [source], { signal: controller.signal }));
    expect(error.code).toBe("ABORTED");
    expect(sink.files.size).toBe(0);
  });
});
