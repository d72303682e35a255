import type { AlphaMode, LongCallOptions } from "@internvl/core";
import { PILImageResampling, type Resample } from "./pillow/filters.js";
import type { PassOrder } from "./pillow/resize.js";
import type { GridOrder } from "./tiling/grid.js";

/** Pixels. */
export interface Size {
  height: number;
  width: number;
}

/** Every setting of the image processor, with the name that it has in preprocessor_config.json. */
export interface ImageProcessorSettings {
  /** Whether what was cut out is resized to `size`. Cutting itself resizes to whole tiles in any case. */
  do_resize: boolean;
  /** One tile as the model gets it. */
  size: Size;
  /** One tile as it is cut out of the picture; the same as `size` unless given. */
  dynamic_size: Size;
  /** PIL's number of a filter: 3 BICUBIC, 2 BILINEAR or 4 BOX. */
  resample: Resample;
  /** The version of Pillow whose order of passes is followed; the reference's numbers were made with 12 or older. */
  passes: PassOrder;
  do_rescale: boolean;
  /** What a byte is multiplied with. */
  rescale_factor: number;
  do_normalize: boolean;
  /** Subtracted from red, green and blue after rescaling. */
  image_mean: [number, number, number];
  /** What red, green and blue are divided by. */
  image_std: [number, number, number];
  /** Whether grey and transparent pictures become RGB; otherwise they are an error, the model sees colours only. */
  do_convert_rgb: boolean;
  /** Whether a picture is cut into tiles; otherwise it is one tile. */
  crop_to_patches: boolean;
  min_tiles: number;
  max_tiles: number;
  /** Whether the whole picture, made small, follows its tiles when there is more than one. */
  use_thumbnail: boolean;
  /** Pixels of the vision tower's patches along one side. */
  patch_size: number;
  /** Image tokens along one side of a tile, divided by its patches. */
  downsample_ratio: number;
  /** Layout of `pixel_values`: `[tiles, 3, H, W]` or `[tiles, H, W, 3]`. */
  data_format: "channels_first" | "channels_last";
  /** Layout of the pictures. A RawImage is always `"channels_last"`; null says the same. */
  input_data_format: "channels_last" | null;
  /** Whose order decides between grids that fit equally well: OpenGVLab's code or Transformers. */
  grid: GridOrder;
  /** What becomes of transparency: laid on white as in Transformers, or dropped as in OpenGVLab's code. */
  alpha: AlphaMode;
}

/** Settings as they are given: a size as one number, one mean for all channels, the merged Transformers names. */
export interface ImageProcessorOptions
  extends Partial<Omit<ImageProcessorSettings, "size" | "dynamic_size" | "resample" | "image_mean" | "image_std">> {
  size?: number | Size;
  dynamic_size?: number | Size;
  /** 3 (BICUBIC), 2 (BILINEAR) or 4 (BOX); others are an `UNSUPPORTED` error. */
  resample?: number;
  image_mean?: number | readonly number[];
  image_std?: number | readonly number[];
  /** `min_tiles` in merged Transformers. */
  min_patches?: number;
  /** `max_tiles` in merged Transformers. */
  max_patches?: number;
}

/** What one call takes: any setting for this call alone, and what every long call takes. */
export interface PreprocessOptions extends ImageProcessorOptions, LongCallOptions {
  /** Accepted so that Python calls can be copied. The result holds Tensors whatever it says. */
  return_tensors?: string | null;
}

/** The seed's defaults, which are InternVL 2.5's own. */
export const defaultSettings: Readonly<ImageProcessorSettings> = {
  do_resize: true,
  size: { height: 448, width: 448 },
  dynamic_size: { height: 448, width: 448 },
  resample: PILImageResampling.BICUBIC,
  passes: "pillow_12",
  do_rescale: true,
  rescale_factor: 1 / 255,
  do_normalize: true,
  // ImageNet's.
  image_mean: [0.485, 0.456, 0.406],
  image_std: [0.229, 0.224, 0.225],
  do_convert_rgb: true,
  crop_to_patches: true,
  min_tiles: 1,
  max_tiles: 12,
  use_thumbnail: true,
  patch_size: 14,
  downsample_ratio: 0.5,
  data_format: "channels_first",
  input_data_format: null,
  grid: "original",
  alpha: "composite",
};

/** Other names of settings, as merged Transformers spells them. */
export const aliases: Readonly<Record<string, keyof ImageProcessorSettings>> = {
  min_patches: "min_tiles",
  max_patches: "max_tiles",
};

/** The names of all settings. */
export const settingNames: readonly (keyof ImageProcessorSettings)[] = Object.keys(
  defaultSettings,
) as (keyof ImageProcessorSettings)[];
