import { type JsonObject, MemoryFolder } from "@internvl/core";
import { AutoImageProcessor, GotOcr2ImageProcessor, InternVL2_5ImageProcessor } from "@internvl/image-processor";
import { describe, expect, it } from "vitest";
import { formulaImage } from "./images.js";

function folder(files: Record<string, JsonObject>): MemoryFolder {
  return new MemoryFolder(
    Object.fromEntries(Object.entries(files).map(([path, json]) => [path, JSON.stringify(json)])),
  );
}

const merged = { image_processor_type: "GotOcr2ImageProcessor", max_patches: 5, size: { height: 112, width: 112 } };

describe("AutoImageProcessor", () => {
  it.each([
    ["by its own type", { "preprocessor_config.json": merged }, 5],
    [
      "by the fast class's name",
      { "preprocessor_config.json": { ...merged, image_processor_type: "GotOcr2ImageProcessorFast" } },
      5,
    ],
    ["in processor_config.json", { "processor_config.json": { image_processor: merged } }, 5],
    [
      "by the model type, beside CLIP's file",
      {
        "preprocessor_config.json": { image_processor_type: "CLIPImageProcessor", size: 448 },
        "config.json": { model_type: "internvl_chat", max_dynamic_patch: 7, dynamic_image_size: true },
      },
      7,
    ],
    ["by the model type alone", { "config.json": { model_type: "internvl_chat", max_dynamic_patch: 7 } }, 7],
  ] as [string, Record<string, JsonObject>, number][])("finds the class %s", async (_, files, max_tiles) => {
    const processor = await AutoImageProcessor.from_pretrained(folder(files));
    expect(processor).toBeInstanceOf(InternVL2_5ImageProcessor);
    expect(processor.max_tiles).toBe(max_tiles);
    expect((await AutoImageProcessor.from_pretrained(folder(files), { max_patches: 3 })).max_tiles).toBe(3);
  });

  it("names the nearest class and all that are known", async () => {
    const files = folder({ "preprocessor_config.json": { image_processor_type: "GotOcrImageProcessor" } });
    await expect(AutoImageProcessor.from_pretrained(files)).rejects.toMatchObject({
      code: "UNSUPPORTED",
      parts: {
        got: "GotOcrImageProcessor",
        expected: expect.stringContaining("InternVL2_5ImageProcessor"),
        fix: expect.stringContaining('"GotOcr2ImageProcessor"'),
      },
    });
    await expect(AutoImageProcessor.from_pretrained(new MemoryFolder())).rejects.toThrow(/got none/);
  });

  it("finds another package's class before the ones that are there", async () => {
    const mine = { mine: true };
    AutoImageProcessor.register({ names: ["GotOcr2ImageProcessor"], from_pretrained: async () => mine });
    const files = folder({ "preprocessor_config.json": merged });
    expect(await AutoImageProcessor.from_pretrained<object>(files)).toBe(mine);
  });
});

describe("GotOcr2ImageProcessor", () => {
  const image = formulaImage(60, 30);
  const dims = async (processor: InternVL2_5ImageProcessor, options = {}): Promise<number> =>
    (await processor(image, options)).num_patches[0]!;

  it("takes the merged spelling in its constructor and in calls, and shows it", async () => {
    const processor = new GotOcr2ImageProcessor({ size: 28, crop_to_patches: true, min_patches: 1, max_patches: 2 });
    expect([processor.crop_to_patches, processor.min_patches, processor.max_patches]).toEqual([true, 1, 2]);
    expect([processor.min_tiles, processor.max_tiles]).toEqual([1, 2]);
    expect(await dims(processor)).toBe(3);
    expect(await dims(processor, { min_patches: 4, max_patches: 4 })).toBe(5);
    expect(await dims(processor, { crop_to_patches: false })).toBe(1);
    const seed = new InternVL2_5ImageProcessor({ size: 28, min_tiles: 1, max_tiles: 2 });
    expect((await processor(image)).pixel_values.data).toEqual((await seed(image)).pixel_values.data);
  });

  it("says without a picture how many tiles there will be", async () => {
    const processor = new GotOcr2ImageProcessor({ size: 28, max_patches: 6 });
    for (const images_kwargs of [
      undefined,
      null,
      {},
      { max_patches: 2 },
      { min_patches: 3, max_patches: 9 },
      { crop_to_patches: false },
    ]) {
      expect(processor.get_number_of_image_patches(30, 60, images_kwargs)).toBe(
        await dims(processor, images_kwargs ?? {}),
      );
    }
    expect(() => processor.get_number_of_image_patches(30, 60, { max_patches: 0 })).toThrow(/max_patches/);
  });
});
