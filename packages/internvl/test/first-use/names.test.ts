import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openModel } from "internvl";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cacheDirectory } from "../../src/first-use/cache-directory.js";
import { checkpointHash } from "../../src/first-use/checkpoint-hash.js";

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

  it("reads the shards that the index names, and no other weights", async () => {
    const shards = await mkdtemp(join(folder, "shards-"));
    const hash = async () => checkpointHash(await openModel(shards));
    await writeFile(join(shards, "model.safetensors.index.json"), '{"weight_map": {"a": "one.safetensors"}}');
    await writeFile(join(shards, "one.safetensors"), "weights");
    const before = await hash();
    await writeFile(join(shards, "other.safetensors"), "another framework's");
    expect(await hash()).toBe(before);
    await writeFile(join(shards, "one.safetensors"), "Weights");
    expect(await hash()).not.toBe(before);
  });
});
