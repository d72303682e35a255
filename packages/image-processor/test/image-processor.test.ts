import { type ProgressInfo, RawImage } from "@internvl/core";
import { type ImageProcessorOptions, InternVL2_5ImageProcessor, MAX_VALUES, resize } from "@internvl/image-processor";
import { describe, expect, it } from "vitest";
import pillow from "./fixtures/pillow.json" with { type: "json" };
import { formulaImage, plainImage, sha256 } from "./images.js";

const bytes = { do_rescale: false, do_normalize: false, data_format: "channels_last" } as const;

describe("pixel_values", () => {
  it.each(pillow.preprocess)("are the original's for $width x $height x $channels with $options", async (expected) => {
    const image = formulaImage(expected.width, expected.height, expected.channels as 1 | 3 | 4);
    const { size } = expected.options;
    const processor = new InternVL2_5ImageProcessor(expected.options);

    const { pixel_values, num_patches } = await processor(image);
    expect(num_patches).toEqual([expected.tiles]);
    expect(pixel_values.type).toBe("float32");
    expect(pixel_values.dims).toEqual([expected.tiles, 3, size, size]);
    expect(sha256(pixel_values.data as Float32Array)).toBe(expected.f32_sha256);

    const raw = await processor.preprocess(image, bytes);
    expect(raw.pixel_values.dims).toEqual([expected.tiles, size, size, 3]);
    expect(sha256(Uint8Array.from(raw.pixel_values.data as Float32Array))).toBe(expected.u8_sha256);
    expect(processor.get_number_of_image_patches(expected.height, expected.width)).toBe(expected.tiles);
  });

  it("are float32 in the documented order of operations", async () => {
    const processor = new InternVL2_5ImageProcessor({ size: 28 });
    const values = async (options: ImageProcessorOptions): Promise<number[]> => {
      const { pixel_values } = await processor(plainImage(28, 28, [200, 100, 50]), options);
      return [0, 784, 1568].map((at) => (pixel_values.data as Float32Array)[at]!);
    };
    const f = Math.fround;
    const colours = [200, 100, 50];
    expect(await values({ do_rescale: false, do_normalize: false })).toEqual(colours);
    expect(await values({ do_normalize: false })).toEqual(colours.map((c) => f(c / 255)));
    expect(await values({ do_normalize: false, rescale_factor: 0.5 })).toEqual([100, 50, 25]);
    expect(await values({ do_rescale: false, image_mean: 100, image_std: [10, 20, 25] })).toEqual([10, 0, -2]);
    expect(await values({ image_mean: 0.5, image_std: 0.3 })).toEqual(
      colours.map((c) => f(f(f(c / 255) - 0.5) / f(0.3))),
    );
  });

  it("of nested lists follow each other, each image like one alone", async () => {
    const processor = new InternVL2_5ImageProcessor({ size: 28, max_tiles: 4 });
    const [a, b, c] = [formulaImage(60, 30), formulaImage(30, 30), formulaImage(20, 70, 4)];
    const together = await processor([[a!], [b!, [c!]]]);
    expect(together.num_patches).toEqual([3, 1, 5]);
    const alone = await Promise.all([a!, b!, c!].map((image) => processor(image)));
    expect([...(together.pixel_values.data as Float32Array)]).toEqual(
      alone.flatMap(({ pixel_values }) => [...(pixel_values.data as Float32Array)]),
    );
  });

  it("do without tiles when crop_to_patches is off, and without resizing when do_resize is off too", async () => {
    const processor = new InternVL2_5ImageProcessor({ size: 28, crop_to_patches: false });
    const image = formulaImage(84, 56);
    const { pixel_values, num_patches } = await processor(image, bytes);
    expect(num_patches).toEqual([1]);
    expect([...(pixel_values.data as Float32Array)]).toEqual([...(await resize(image, 28, 28)).data]);

    const whole = await processor(image, { ...bytes, do_resize: false });
    expect(whole.pixel_values.dims).toEqual([1, 56, 84, 3]);
    expect([...(whole.pixel_values.data as Float32Array)]).toEqual([...image.data]);
    await expect(processor([image, formulaImage(28, 28)], { do_resize: false })).rejects.toThrow(/84 x 56 for all/);
    await expect(processor(formulaImage(30, 28), { do_resize: false })).rejects.toThrow(/multiples of 28/);
  });

  it("are cut at dynamic_size and then resized to size", async () => {
    const processor = new InternVL2_5ImageProcessor({ size: 28, dynamic_size: 56, max_tiles: 2 });
    const image = formulaImage(112, 56);
    const { pixel_values, num_patches } = await processor(image, bytes);
    expect(num_patches).toEqual([3]);
    const left = Uint8Array.from({ length: 56 * 56 * 3 }, (_, at) => image.data[at + Math.floor(at / 168) * 168]!);
    const expected = await resize(new RawImage(left, 56, 56, 3), 28, 28);
    expect([...(pixel_values.data as Float32Array).subarray(0, 28 * 28 * 3)]).toEqual([...expected.data]);

    const uncut = await processor(image, { ...bytes, do_resize: false });
    expect(uncut.pixel_values.dims).toEqual([3, 56, 56, 3]);
  });
});

describe("options", () => {
  it("are given to one call alone", async () => {
    const processor = new InternVL2_5ImageProcessor({ size: 28 });
    const image = formulaImage(100, 50);
    expect((await processor(image, { max_tiles: 2, use_thumbnail: false })).num_patches).toEqual([2]);
    expect((await processor(image, { size: 56 })).pixel_values.dims.slice(2)).toEqual([56, 56]);
    expect((await processor(image, { return_tensors: "pt" })).num_patches).toEqual([9]);
    expect(processor.settings()).toEqual(new InternVL2_5ImageProcessor({ size: 28 }).settings());
  });

  it("have merged Transformers' names too", async () => {
    const processor = new InternVL2_5ImageProcessor({
      min_patches: 2,
      max_patches: 4,
      size: { height: 28, width: 28 },
    });
    expect(processor.settings()).toMatchObject({ min_tiles: 2, max_tiles: 4 });
    expect(processor.get_number_of_image_patches(100, 400)).toBe(5);
    expect(processor.get_number_of_image_patches(100, 400, { max_patches: 2 })).toBe(3);
    expect(processor.get_number_of_image_patches(100, 400, { crop_to_patches: false })).toBe(1);
    expect(() => new InternVL2_5ImageProcessor({ max_patches: 4, max_tiles: 5 })).toThrow(/other name/);
    expect(() => new InternVL2_5ImageProcessor({ max_patches: 4, max_tiles: 4 })).not.toThrow();
  });

  it("change with the fields of the instance, as in Python", async () => {
    const processor = new InternVL2_5ImageProcessor({ size: 28 });
    processor.max_tiles = 1;
    expect((await processor(formulaImage(100, 50))).num_patches).toEqual([1]);
    expect(processor).toBeInstanceOf(InternVL2_5ImageProcessor);
    expect(new InternVL2_5ImageProcessor().max_tiles).toBe(12);
    expect(processor.model_input_names).toEqual(["pixel_values"]);
  });

  it("give the tokens of a tile", () => {
    expect(new InternVL2_5ImageProcessor().num_image_token).toBe(256);
    expect(new InternVL2_5ImageProcessor({ size: { height: 224, width: 448 } }).num_image_token).toBe(128);
  });

  it.each([
    [{ max_tile: 4 }, /no option "max_tile".*Did you mean "max_tiles"\?/],
    [{ colour: "red" }, /no option "colour". Expected one of do_resize, /],
    [{ signal: new AbortController().signal }, /no option "signal"/],
    [{ min_tiles: 5, max_tiles: 4 }, /min_tiles <= max_tiles, got min_tiles 5, max_tiles 4/],
    [{ max_tiles: 5000 }, /at most 1024/],
    [{ max_tiles: 0 }, /"max_tiles".*whole number of at least 1, got 0/],
    [{ size: 0 }, /"size".*got 0/],
    [{ size: { shortest_edge: 448 } }, /"size".*height, width/],
    [{ size: 450 }, /450 x 450.*multiples of 28 \(patch_size 14 \/ downsample_ratio 0.5\)/],
    [{ size: 42 }, /multiples of 28/],
    [{ image_mean: [0.5, 0.5] }, /"image_mean".*three numbers/],
    [{ image_std: [1, 0, 1] }, /"image_std".*none of them 0/],
    [{ rescale_factor: Number.NaN }, /"rescale_factor"/],
    [{ do_resize: "yes" }, /"do_resize".*true or false, got "yes"/],
    [{ grid: "mine" }, /"original" or "transformers", got "mine"/],
    [{ input_data_format: "channels_first" }, /"input_data_format"/],
    [{ resample: 1 }, /BICUBIC.*got 1 \(LANCZOS\)/],
  ])("are refused: %j", async (options, message) => {
    expect(() => new InternVL2_5ImageProcessor(options as ImageProcessorOptions)).toThrow(message);
  });
});

describe("bad input", () => {
  const processor = new InternVL2_5ImageProcessor({ size: 28 });

  it.each([
    ["photo.jpg", /images is not a decoded image.*got "photo.jpg".*load_image/],
    [[formulaImage(2, 2), [Uint8Array.of(1)]], /images\[1\]\[0\] is not a decoded image.*a Uint8Array.*load_image/],
    [[null], /images\[0\].*got null/],
    [[[], []], /no image to preprocess/],
  ])("names load_image", async (images, message) => {
    await expect(processor(images as never)).rejects.toThrow(message);
  });

  it("is refused when it is not RGB and do_convert_rgb is off", async () => {
    const refused = processor(formulaImage(4, 4, 4), { do_convert_rgb: false });
    await expect(refused).rejects.toMatchObject({ code: "IMAGE_INVALID" });
    expect((await processor(formulaImage(4, 4), { do_convert_rgb: false })).num_patches).toEqual([1]);
  });

  it("is refused before a tensor that is too large is allocated", async () => {
    const huge = processor(formulaImage(4, 4), { size: 28 * 1024 });
    await expect(huge).rejects.toThrow(new RegExp(`at most ${MAX_VALUES} values`));
    const cutHuge = processor(formulaImage(4, 4), { dynamic_size: 100_000 });
    await expect(cutHuge).rejects.toThrow(/tiles of 100000 x 100000/);
  });
});

describe("long calls", () => {
  it("report each tile and stop when their signal is aborted", async () => {
    const processor = new InternVL2_5ImageProcessor({ size: 28 });
    const image = formulaImage(100, 50);
    const reports: ProgressInfo[] = [];
    await processor([image, image], { max_tiles: 2, progress_callback: (info) => reports.push(info) });
    expect(reports.map(({ loaded, total }) => [loaded, total])).toEqual([1, 2, 3, 4, 5, 6].map((done) => [done, 6]));

    const controller = new AbortController();
    const stopped = processor(image, { signal: controller.signal, progress_callback: () => controller.abort() });
    await expect(stopped).rejects.toMatchObject({ name: "AbortError" });
    await expect(processor(image, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "ABORTED" });
  });
});
