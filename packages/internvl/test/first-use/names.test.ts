import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { resolveDtypes } from "@internvl/config";
import { MemoryFolder } from "@internvl/core";
import { openModel } from "internvl";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cacheDirectory } from "../../src/first-use/cache-directory.js";
import { checkpointHash } from "../../src/first-use/checkpoint-hash.js";
import { conversionKey } from "../../src/first-use/conversion-key.js";

describe("cacheDirectory", () => {
  it("is where each system has it", () => {
    expect(cacheDirectory({ XDG_CACHE_HOME: "/x" }, "darwin", "/home/me")).toBe(join("/x", "internvl"));
    expect(cacheDirectory({}, "linux", "/home/me")).toBe(join("/home/me", ".cache", "internvl"));
    expect(cacheDirectory({}, "darwin", "/Users/me")).toBe(join("/Users/me", "Library", "Caches", "internvl"));
    expect(cacheDirectory({ LOCALAPPDATA: "L" }, "win32", "C")).toBe(join("L", "internvl", "Cache"));
  });
});

describe("checkpointHash", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "internvl-hash-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("follows the content of what a conversion reads, and nothing else", async () => {
    const hash = async () => checkpointHash(await openModel(folder));
    await writeFile(join(folder, "config.json"), "{}");
    await writeFile(join(folder, "model.safetensors"), "weights");
    const before = await hash();
    await writeFile(join(folder, "README.md"), "new");
    await utimes(join(folder, "config.json"), 1, 1);
    expect(await hash()).toBe(before);
    await writeFile(join(folder, "model.safetensors"), "Weights");
    expect(await hash()).not.toBe(before);
  });

  it("sees every piece that it samples of a large file, the last byte included", async () => {
    const hash = async () => checkpointHash(await openModel(folder));
    const bytes = new Uint8Array(65 * 2 ** 20);
    await writeFile(join(folder, "model.safetensors"), bytes);
    const before = await hash();
    bytes[bytes.length - 1] = 1;
    await writeFile(join(folder, "model.safetensors"), bytes);
    expect(await hash()).not.toBe(before);
  });
});

describe("conversionKey", () => {
  const key = (files: object, dtype: "q4" | "fp32" = "q4", fingerprint = "x") =>
    conversionKey(Object.assign(new MemoryFolder(), files), resolveDtypes(dtype), fingerprint, {});

  it("is another for another commit, dtype or converter", async () => {
    const model = { name: "OpenGVLab/InternVL2_5-1B", version: "OpenGVLab/InternVL2_5-1B@1" };
    const keys = [
      await key(model),
      await key({ ...model, version: "OpenGVLab/InternVL2_5-1B@2" }),
      await key(model, "fp32"),
      await key(model, "q4", "y"),
    ];
    expect(new Set(keys).size).toBe(4);
    expect(await key(model)).toBe(keys[0]);
    expect(keys[0]).toMatch(/^InternVL2_5-1B-q4-[0-9a-f]{16}$/);
    expect(keys[2]).toMatch(/^InternVL2_5-1B-fp32-/);
  });

  it("is a folder's name whatever the model's name is", async () => {
    expect(await key({ name: "C:\\models\\my model@v1:2\\" })).toMatch(/^my-model-v1-2-q4-[0-9a-f]{16}$/);
    expect(await key({ name: "/" })).toMatch(/^model-q4-/);
  });
});
