import { chmod, cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Runtime, Tensor } from "@internvl/core";
import type { ModelOptions } from "@internvl/model";
import { nodeRuntime } from "@internvl/runtime-node";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { convertDemo, loadDemo, tiles } from "./demo.js";

let demo: Awaited<ReturnType<typeof convertDemo>>;
let directory: string;

beforeAll(async () => {
  demo = await convertDemo();
});
afterAll(() => demo.remove());
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "internvl-features-"));
});
afterEach(() => rm(directory, { recursive: true }));

/** What a new program with the folder gives for each of some calls, and what it says of them. */
async function program(calls: readonly Tensor[], options: ModelOptions = {}, folder: string = demo.directory) {
  const { model } = await loadDemo(folder, { feature_cache: { directory }, ...options });
  const features = [];
  for (const call of calls) features.push((await model.get_image_features(call)).data as Float32Array);
  const { hits, misses, stored } = (await model.cacheStats()).features ?? {};
  await model.dispose();
  return { features, hits, misses, stored };
}

describe("features on disk", () => {
  it("are the next program's, to the bit", async () => {
    const first = await program([tiles(0, 1, 2)]);
    expect(first).toMatchObject({ hits: 0, misses: 3, stored: { hits: 0, failures: 0 } });
    const second = await program([tiles(2, 1, 3), tiles(2)]);
    expect(second).toMatchObject({ hits: 3, misses: 1, stored: { hits: 2, failures: 0 } });
    const size = first.features[0]!.length / 3;
    expect(second.features[0]!.slice(0, size)).toEqual(first.features[0]!.slice(2 * size));
    expect(second.features[0]!.slice(size, 2 * size)).toEqual(first.features[0]!.slice(size, 2 * size));
    expect(second.features[1]).toEqual(second.features[0]!.slice(0, size));
    // Without room in memory as well.
    const third = await program([tiles(3), tiles(3)], { feature_cache: { directory, max_bytes: 0 } });
    expect(third).toMatchObject({ hits: 2, misses: 0, stored: { hits: 2 } });
    expect(third.features[0]).toEqual(second.features[0]!.slice(2 * size));
  });

  it("are not another model's, though its files have the same names, sizes and dtypes", async () => {
    const { features } = await program([tiles(0)]);
    const other = await mkdtemp(join(tmpdir(), "internvl-model-"));
    await cp(demo.directory, other, { recursive: true });
    const weights = join(other, "onnx", "vision_encoder.onnx_data");
    const bytes = await readFile(weights);
    // The sign of one weight in 50.
    for (let at = 3; at < bytes.length; at += 200) bytes[at]! ^= 0x80;
    await writeFile(weights, bytes);
    const trained = await program([tiles(0)], {}, other);
    expect(trained).toMatchObject({ hits: 0, misses: 1, stored: { hits: 0 } });
    const plain = await program([tiles(0)], { feature_cache: false }, other);
    expect(trained.features[0]).toEqual(plain.features[0]);
    expect(trained.features[0]).not.toEqual(features[0]);
    await rm(other, { recursive: true });
  });

  it("are encoded again where a file is cut off, changed or cannot be read", async () => {
    const { features } = await program([tiles(0)]);
    const [name] = await readdir(directory);
    const file = join(directory, name!);
    const whole = await readFile(file);
    const damage: (() => Promise<void>)[] = [
      () => truncate(file, whole.length - 4),
      () => writeFile(file, whole.with(whole.length - 1, whole.at(-1)! ^ 1)),
      () => writeFile(file, whole.with(0, whole[0]! ^ 1)),
      () => writeFile(file, ""),
    ];
    for (const damaged of damage) {
      await damaged();
      const again = await program([tiles(0)]);
      expect(again).toMatchObject({ hits: 0, misses: 1, stored: { hits: 0, failures: 0 } });
      expect(again.features).toEqual(features);
      expect(await readFile(file)).toEqual(whole);
    }
    await rm(file);
    const failing: Runtime = {
      ...nodeRuntime,
      openByteStore: async () => ({
        get: () => Promise.reject(new Error("no")),
        put: () => Promise.reject(new Error("no")),
      }),
    };
    const unread = await program([tiles(0)], { runtime: failing });
    expect(unread).toMatchObject({ hits: 0, misses: 1, stored: { hits: 0, failures: 2 } });
    expect(unread.features).toEqual(features);
  });

  it("are bounded", async () => {
    const { features } = await program([tiles(0)]);
    const size = 64 + features[0]!.byteLength;
    const directory_max_bytes = 3 * size;
    await program([tiles(...Array(8).keys())], { feature_cache: { directory, directory_max_bytes } });
    expect((await readdir(directory)).length).toBeLessThanOrEqual(3);
    expect(await program([tiles(7)])).toMatchObject({ hits: 1, misses: 0 });
  });

  it("need a disk, and a folder that can be written", async () => {
    const { openByteStore: _, ...diskless } = nodeRuntime;
    await expect(program([], { runtime: diskless })).rejects.toMatchObject({ code: "UNSUPPORTED" });
    const file = join(directory, "file");
    await writeFile(file, "");
    await chmod(file, 0o400);
    const inFile = { feature_cache: { directory: file } };
    await expect(program([], inFile)).rejects.toMatchObject({ code: "FILE_WRITE_FAILED" });
    const unbounded = { feature_cache: { directory, directory_max_bytes: -1 } };
    await expect(program([], unbounded)).rejects.toMatchObject({ code: "INPUT_INVALID" });
  });
});
