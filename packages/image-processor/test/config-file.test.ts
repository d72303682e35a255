import { type JsonObject, MemoryFolder } from "@internvl/core";
import { InternVL2_5ImageProcessor } from "@internvl/image-processor";
import { describe, expect, it } from "vitest";

const clip = {
  crop_size: 448,
  do_center_crop: true,
  feature_extractor_type: "CLIPFeatureExtractor",
  image_mean: [0.5, 0.4, 0.3],
  image_std: [0.229, 0.224, 0.225],
  resample: 3,
  size: 448,
};
const original = {
  model_type: "internvl_chat",
  force_image_size: 112,
  dynamic_image_size: true,
  min_dynamic_patch: 2,
  max_dynamic_patch: 6,
  use_thumbnail: false,
  downsample_ratio: 0.5,
  vision_config: { image_size: 448, patch_size: 7 },
};

/** A model's folder with these JSON files. */
function folder(files: Record<string, JsonObject>): MemoryFolder {
  return new MemoryFolder(
    Object.fromEntries(Object.entries(files).map(([path, json]) => [path, JSON.stringify(json)])),
  );
}

describe("from_pretrained", () => {
  it("takes an original checkpoint's tiles from config.json and the rest from CLIP's file", async () => {
    const files = folder({ "preprocessor_config.json": clip, "config.json": original });
    const processor = await InternVL2_5ImageProcessor.from_pretrained(files);
    expect(processor.settings()).toMatchObject({
      size: { height: 112, width: 112 },
      dynamic_size: { height: 112, width: 112 },
      min_tiles: 2,
      max_tiles: 6,
      use_thumbnail: false,
      crop_to_patches: true,
      patch_size: 7,
      image_mean: [0.5, 0.4, 0.3],
    });
    expect(processor.num_image_token).toBe(64);
  });

  it("does without preprocessor_config.json in an original checkpoint", async () => {
    const { force_image_size: _, ...config } = original;
    const processor = await InternVL2_5ImageProcessor.from_pretrained(folder({ "config.json": config }));
    expect(processor.size).toEqual({ height: 448, width: 448 });
    expect(processor.image_mean).toEqual([0.485, 0.456, 0.406]);
  });

  it("reads merged Transformers' names, from either of its files", async () => {
    const merged = { crop_to_patches: false, min_patches: 2, max_patches: 5, size: { height: 112, width: 112 } };
    const config = { model_type: "internvl", downsample_ratio: 0.5, vision_config: { patch_size: [28, 28] } };
    for (const files of [
      folder({ "preprocessor_config.json": merged, "config.json": config }),
      folder({ "processor_config.json": { image_processor: merged }, "config.json": config }),
    ]) {
      const processor = await InternVL2_5ImageProcessor.from_pretrained(files);
      expect(processor.settings()).toMatchObject({
        crop_to_patches: false,
        min_tiles: 2,
        max_tiles: 5,
        patch_size: 28,
      });
      expect(processor.num_image_token).toBe(4);
    }
  });

  it("lets its own file go before config.json, and options before both", async () => {
    const own = { min_tiles: 3, max_tiles: 9, use_thumbnail: true };
    const files = folder({ "preprocessor_config.json": own, "config.json": original });
    const processor = await InternVL2_5ImageProcessor.from_pretrained(files, { max_tiles: 4 });
    expect(processor.settings()).toMatchObject({ min_tiles: 3, max_tiles: 4, use_thumbnail: true, patch_size: 7 });
  });

  it("says which file is missing, and which field is wrong", async () => {
    await expect(InternVL2_5ImageProcessor.from_pretrained(new MemoryFolder())).rejects.toMatchObject({
      code: "FILE_NOT_FOUND",
    });
    const files = folder({ "preprocessor_config.json": { max_patches: "12" } });
    await expect(InternVL2_5ImageProcessor.from_pretrained(files)).rejects.toThrow(/"max_patches".*whole number.*"12"/);
  });
});

describe("save_pretrained", () => {
  it("writes what reloads to the same settings, unknown fields included", async () => {
    const files = folder({ "preprocessor_config.json": clip, "config.json": original });
    const processor = await InternVL2_5ImageProcessor.from_pretrained(files, {
      grid: "transformers",
      alpha: "drop",
      dynamic_size: 224,
    });
    const saved = new MemoryFolder();
    await processor.save_pretrained(saved);
    const written = JSON.parse(new TextDecoder().decode(await saved.read("preprocessor_config.json")));
    expect(written).toMatchObject({
      image_processor_type: "InternVL2_5ImageProcessor",
      feature_extractor_type: "CLIPFeatureExtractor",
      do_center_crop: true,
      max_tiles: 6,
    });
    expect(Object.keys(written)).toEqual(Object.keys(written).sort());

    // Beside the config.json of another model too: the saved file holds everything.
    saved.files.set("config.json", new TextEncoder().encode(JSON.stringify({ ...original, max_dynamic_patch: 40 })));
    const reloaded = await InternVL2_5ImageProcessor.from_pretrained(saved);
    expect(reloaded.settings()).toEqual(processor.settings());
    expect(reloaded.unknown_fields).toMatchObject({ crop_size: 448, do_center_crop: true });
  });
});
