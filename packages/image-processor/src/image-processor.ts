import {
  Callable,
  type FileSink,
  type JsonObject,
  type ModelFiles,
  openModel,
  openSink,
  type PretrainedOptions,
  type RawImage,
  type Runtime,
  writeFile,
} from "@internvl/core";
import { CONFIG_NAME, configText, readFileSettings } from "./config-file.js";
import { flattenImages, type Nested } from "./images.js";
import {
  aliases,
  defaultSettings,
  type ImageProcessorOptions,
  type ImageProcessorSettings,
  type PreprocessOptions,
  settingNames,
} from "./options.js";
import { type ImageFeatures, planTiles, preprocessImages } from "./preprocess.js";
import { resolveSettings } from "./settings.js";

const callOptionNames = ["signal", "progress_callback", "return_tensors"];

export interface InternVL2_5ImageProcessor extends ImageProcessorSettings {
  /** `preprocess`. */
  (images: Nested<RawImage>, options?: PreprocessOptions): Promise<ImageFeatures>;
}

/**
 * Turns pictures into the tiles that InternVL 2.5 reads, bit for bit as OpenGVLab's code does with Pillow.
 *
 * ```ts
 * const processor = new InternVL2_5ImageProcessor({ max_tiles: 6 });
 * const { pixel_values, num_patches } = await processor(await load_image("photo.jpg"));
 * ```
 *
 * Every setting is a field of the instance, as in Python, and can be given to a single call as well.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: Callable makes the call, the constructor assigns the settings.
export class InternVL2_5ImageProcessor extends Callable<
  [images: Nested<RawImage>, options?: PreprocessOptions],
  Promise<ImageFeatures>
> {
  readonly model_input_names: readonly string[] = ["pixel_values"];
  /** Fields of the file this was read from that mean nothing here. `save_pretrained` writes them again. */
  readonly unknown_fields: JsonObject;

  /** @throws InternVLError `INPUT_INVALID`, `UNSUPPORTED` (a resampling filter) */
  constructor(options: ImageProcessorOptions = {}, unknown_fields: JsonObject = {}) {
    super();
    this.unknown_fields = unknown_fields;
    Object.assign(this, structuredClone(resolveSettings(defaultSettings, options)));
  }

  /**
   * Reads preprocessor_config.json, and config.json for what it leaves out: in an original checkpoint that is everything
   * about tiles. Settings among `options` go before the files'.
   *
   * @throws InternVLError `FILE_NOT_FOUND`, `FILE_INVALID`, `INPUT_INVALID`, `UNSUPPORTED`
   */
  static async from_pretrained(
    model: string | ModelFiles,
    options: PretrainedOptions & ImageProcessorOptions = {},
  ): Promise<InternVL2_5ImageProcessor> {
    const files = await openModel(model, options);
    const read = await readFileSettings(files, { signal: options.signal });
    const fromFiles = resolveSettings(defaultSettings, read.options);
    return new InternVL2_5ImageProcessor(resolveSettings(fromFiles, onlySettings(options)), read.unknown_fields);
  }

  /** Writes preprocessor_config.json into a directory. @throws InternVLError `FILE_WRITE_FAILED`, `UNSUPPORTED` */
  async save_pretrained(directory: string | FileSink, options: { runtime?: Runtime } = {}): Promise<void> {
    const names = { ...this.unknown_fields, image_processor_type: "InternVL2_5ImageProcessor" };
    const text = configText(this.settings(), names);
    await writeFile(await openSink(directory, options), CONFIG_NAME, text);
  }

  /**
   * Cuts, resizes, rescales and normalises.
   *
   * @param images an RGB, RGBA or grey RawImage, or nested lists of them, which are taken in order
   * @throws InternVLError `INPUT_INVALID` (an option, no images, images that are not decoded), `IMAGE_INVALID`, `ABORTED`
   */
  async preprocess(images: Nested<RawImage>, options: PreprocessOptions = {}): Promise<ImageFeatures> {
    const settings = resolveSettings(this.settings(), options, callOptionNames);
    return preprocessImages(flattenImages(images), settings, options);
  }

  override _call(images: Nested<RawImage>, options?: PreprocessOptions): Promise<ImageFeatures> {
    return this.preprocess(images, options);
  }

  /**
   * How many tiles a picture of this size becomes, its thumbnail counted.
   *
   * @param images_kwargs settings for this question alone, in either spelling
   * @throws InternVLError `INPUT_INVALID`
   */
  get_number_of_image_patches(
    height: number,
    width: number,
    images_kwargs: ImageProcessorOptions | null = null,
  ): number {
    return planTiles(width, height, resolveSettings(this.settings(), images_kwargs ?? {}, callOptionNames)).tiles;
  }

  /** Throws what a call with these options would throw, without a picture. @throws InternVLError `INPUT_INVALID` */
  checkOptions(options: ImageProcessorOptions): void {
    resolveSettings(this.settings(), options, callOptionNames);
  }

  /** Image tokens of one tile: its patches times the square of `downsample_ratio`. */
  get num_image_token(): number {
    const { height, width } = this.size;
    return Math.floor((height / this.patch_size) * (width / this.patch_size) * this.downsample_ratio ** 2);
  }

  /** `min_tiles` in merged Transformers. */
  get min_patches(): number {
    return this.min_tiles;
  }

  /** `max_tiles` in merged Transformers. */
  get max_patches(): number {
    return this.max_tiles;
  }

  /** The current settings. */
  settings(): ImageProcessorSettings {
    return Object.fromEntries(settingNames.map((name) => [name, this[name]])) as unknown as ImageProcessorSettings;
  }
}

function onlySettings(options: object): ImageProcessorOptions {
  const known: readonly string[] = [...settingNames, ...Object.keys(aliases)];
  return Object.fromEntries(Object.entries(options).filter(([name]) => known.includes(name)));
}
