import type { ProgressInfo, Tensor } from "@internvl/core";
import type { InternVL2_5ForConditionalGeneration, ModelOptions } from "@internvl/model";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { convertDemo, loadDemo, tiles } from "./demo.js";

let directory: string;
let remove: () => Promise<void>;
/** Without any cache. */
let plain: InternVL2_5ForConditionalGeneration;
const loaded: InternVL2_5ForConditionalGeneration[] = [];

beforeAll(async () => {
  ({ directory, remove } = await convertDemo());
  plain = await load({ feature_cache: false });
});
afterAll(async () => {
  await Promise.all(loaded.map((model) => model.dispose()));
  await remove();
});

async function load(options: ModelOptions = {}): Promise<InternVL2_5ForConditionalGeneration> {
  const { model } = await loadDemo(directory, { feature_cache: {}, ...options });
  loaded.push(model);
  return model;
}

/** Features of a model with a cache, compared with those of one without. */
async function featuresOf(model: InternVL2_5ForConditionalGeneration, pixels: Tensor): Promise<Float32Array> {
  const { data, dims } = await model.get_image_features(pixels);
  const expected = await plain.get_image_features(pixels);
  expect(dims).toEqual(expected.dims);
  const features = data as Float32Array;
  const differences = (expected.data as Float32Array).map((value, i) => Math.abs(value - features[i]!));
  expect(differences.reduce((most, difference) => Math.max(most, difference))).toBeLessThan(1e-5);
  return features;
}

/** Bytes of a tile's features. */
const bytesOf = ({ config }: typeof plain) => config.num_image_token * config.text_config.hidden_size * 4;
const counts = async (model: typeof plain) => {
  const { hits, misses, tiles } = (await model.cacheStats()).features!;
  return { hits, misses, tiles };
};

describe("features of tiles", () => {
  it("are kept one by one: a picture that is cut anew, or shares its thumbnail, is encoded where it differs", async () => {
    const model = await load();
    await featuresOf(model, tiles(0, 1, 2));
    expect(await counts(model)).toEqual({ hits: 0, misses: 3, tiles: 3 });
    await featuresOf(model, tiles(3, 2, 4, 0));
    expect(await counts(model)).toEqual({ hits: 2, misses: 5, tiles: 5 });
    await featuresOf(model, tiles(2));
    expect(await model.cacheStats()).toEqual({
      features: { hits: 3, misses: 5, tiles: 5, bytes: 5 * bytesOf(model) },
      prefixes: null,
    });
  });

  it("are encoded once where a tile comes twice", async () => {
    const model = await load();
    await featuresOf(model, tiles(1, 0, 1, 1));
    expect(await counts(model)).toEqual({ hits: 2, misses: 2, tiles: 2 });
  });

  it("are not those of other pixels, not even by the last bit of one", async () => {
    const model = await load();
    await featuresOf(model, tiles(0));
    const other = tiles(0);
    const bits = new Uint32Array((other.data as Float32Array).buffer);
    bits[bits.length - 1]! ^= 1;
    await featuresOf(model, other);
    expect(await counts(model)).toEqual({ hits: 0, misses: 2, tiles: 2 });
    // And a picture that differs more gives other features, so that the comparison says something.
    const [first, second] = [await featuresOf(model, tiles(0)), await featuresOf(model, tiles(1))];
    expect(first.some((value, i) => Math.abs(value - second[i]!) > 0.01)).toBe(true);
  });

  it("are the caller's own: what is written into them is not kept", async () => {
    const model = await load();
    for (let call = 0; call < 3; call++) (await featuresOf(model, tiles(0))).fill(7);
    const output = await model.forward({ ...prompt(model, 1), pixel_values: tiles(0) });
    (output.image_hidden_states!.data as Float32Array).fill(7);
    await featuresOf(model, tiles(0));
    expect(await counts(model)).toEqual({ hits: 4, misses: 1, tiles: 1 });
  });

  it("are dropped by bytes, the least recently used first", async () => {
    const model = await load({ feature_cache: { max_bytes: 2 * bytesOf(plain) } });
    for (const number of [0, 1, 0, 2, 0, 1]) await featuresOf(model, tiles(number));
    expect(await counts(model)).toEqual({ hits: 2, misses: 4, tiles: 2 });
    // More tiles at once than there is room for.
    await featuresOf(model, tiles(5, 6, 7));
    expect(await counts(model)).toEqual({ hits: 2, misses: 7, tiles: 2 });
    await model.clearCaches();
    expect(await counts(model)).toEqual({ hits: 2, misses: 7, tiles: 0 });
    await featuresOf(model, tiles(7));
    expect(await counts(model)).toEqual({ hits: 2, misses: 8, tiles: 1 });
  });

  it("are not kept under pixels that changed while they were encoded", async () => {
    const model = await load();
    const pixels = tiles(0);
    const progress_callback = () => void (pixels.data as Float32Array).set(tiles(1).data as Float32Array);
    await model.get_image_features(pixels, { progress_callback });
    expect(await counts(model)).toEqual({ hits: 0, misses: 1, tiles: 0 });
    await featuresOf(model, tiles(0));
    await featuresOf(model, tiles(1));
    expect(await counts(model)).toEqual({ hits: 0, misses: 3, tiles: 2 });
  });

  it("are kept of what an aborted call has encoded, and count as done when it is repeated", async () => {
    const model = await load();
    const pixels = tiles(...Array(20).keys());
    const controller = new AbortController();
    const abort = ({ loaded }: ProgressInfo) => loaded > 0 && controller.abort();
    await expect(
      model.get_image_features(pixels, { signal: controller.signal, progress_callback: abort }),
    ).rejects.toMatchObject({ code: "ABORTED" });
    const reports: string[] = [];
    const progress_callback = ({ stage, loaded, total }: ProgressInfo) =>
      void reports.push(`${stage} ${loaded}/${total}`);
    await model.get_image_features(pixels, { progress_callback });
    expect(reports).toEqual(["vision 16/20", "vision 20/20"]);
    reports.length = 0;
    await model.get_image_features(pixels, { progress_callback });
    expect(reports).toEqual(["vision 20/20"]);
  });

  it("serve forward and batches, and stand aside for states between the layers", async () => {
    const model = await load();
    await featuresOf(model, tiles(0, 1));
    const inputs = { ...prompt(model, 2), pixel_values: tiles(1, 0) };
    const { logits } = await model.forward(inputs);
    const expected = await plain.forward(inputs);
    const differences = (expected.logits.data as Float32Array).map((value, i) =>
      Math.abs(value - (logits.data as Float32Array)[i]!),
    );
    expect(differences.reduce((most, difference) => Math.max(most, difference))).toBeLessThan(1e-4);
    const batch = { ...prompt(model, 1, 2), pixel_values: tiles(0, 2), max_new_tokens: 5 };
    expect(await model.generate(batch)).toEqual(await plain.generate(batch));
    expect(await counts(model)).toEqual({ hits: 3, misses: 3, tiles: 3 });
    await expect(model.forward({ ...inputs, output_hidden_states: true })).rejects.toMatchObject({
      code: "UNSUPPORTED",
    });
  });

  it("belong to one model, and to none where the cache is off", async () => {
    const [one, other] = [await load(), await load()];
    await featuresOf(one, tiles(0));
    await featuresOf(other, tiles(0));
    expect([await counts(one), await counts(other)]).toEqual(Array(2).fill({ hits: 0, misses: 1, tiles: 1 }));
    expect(await plain.cacheStats()).toEqual({ features: null, prefixes: null });
  });

  it("are of a tile alone in int8, which rounds by all that is encoded at once", async () => {
    const converted = await convertDemo({ dtype: "int8" });
    const [{ model }, { model: without }] = [
      await loadDemo(converted.directory, { dtype: "int8", feature_cache: {} }),
      await loadDemo(converted.directory, { dtype: "int8" }),
    ];
    try {
      await model.get_image_features(tiles(0, 1));
      const pixels = tiles(2, 1, 0);
      const { data } = await model.get_image_features(pixels);
      expect(data).toEqual((await without.get_image_features(pixels)).data);
      expect(await counts(model)).toEqual({ hits: 2, misses: 3, tiles: 3 });
    } finally {
      await model.dispose();
      await without.dispose();
      await converted.remove();
    }
  });

  it("are not kept where there is nothing to tell pixels by", async () => {
    const model = await load();
    vi.stubGlobal("crypto", {});
    try {
      for (let call = 0; call < 2; call++) await featuresOf(model, tiles(0));
      const inputs = { ...prompt(model, 1), pixel_values: tiles(0), max_new_tokens: 3 };
      expect(await model.generate(inputs)).toEqual(await plain.generate(inputs));
    } finally {
      vi.unstubAllGlobals();
    }
    expect(await counts(model)).toEqual({ hits: 0, misses: 0, tiles: 0 });
  });

  it("have a bound that is a number", async () => {
    for (const max_bytes of [-1, Number.NaN, "64MB" as unknown as number]) {
      await expect(load({ feature_cache: { max_bytes } })).rejects.toMatchObject({ code: "INPUT_INVALID" });
    }
  });
});

/** Rows that each place so many tiles. */
function prompt({ config }: InternVL2_5ForConditionalGeneration, count: number, rows = 1): { input_ids: number[][] } {
  const places = new Array<number>(count * config.num_image_token).fill(config.image_token_id);
  return { input_ids: Array.from({ length: rows }, (_, row) => [11, 12 + row, ...places, 21, 22 + row]) };
}
