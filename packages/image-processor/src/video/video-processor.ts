import {
  Callable,
  type FileSink,
  InternVLError,
  type JsonObject,
  type LongCallOptions,
  type ModelFiles,
  openModel,
  openSink,
  type PretrainedOptions,
  type RawImage,
  type Runtime,
  type Tensor,
  type VideoMetadata,
  writeFile,
} from "@internvl/core";
import { configText, readFileSettings, splitFields } from "../config-file.js";
import { isRawImage } from "../images.js";
import {
  aliases,
  defaultSettings,
  type ImageProcessorOptions,
  type ImageProcessorSettings,
  settingNames,
} from "../options.js";
import { preprocessImages } from "../preprocess.js";
import { resolveSettings } from "../settings.js";
import { readVideoConfig, VIDEO_CONFIG_NAME } from "./config-file.js";
import { sample_frames } from "./sample-frames.js";
import { defaultSampling, resolveSampling, samplingNames, splitSampling, type VideoSampling } from "./sampling.js";

const callOptionNames = ["signal", "progress_callback", "return_tensors"];

/** Decoded frames, all of one video, with what is known of it. */
export interface Video {
  frames: readonly RawImage[];
  metadata?: VideoMetadata;
}

/** A video as its frames, or with its metadata. */
export type VideoFrames = readonly RawImage[] | Video;

export interface VideoProcessorSettings extends ImageProcessorSettings, VideoSampling {}

export interface VideoProcessorOptions extends ImageProcessorOptions, Partial<VideoSampling> {}

/** What one call takes: any setting for this call alone, and what every long call takes. */
export interface VideoPreprocessOptions extends VideoProcessorOptions, LongCallOptions {
  /** Accepted so that Python calls can be copied. The result holds Tensors whatever it says. */
  return_tensors?: string | null;
}

/** What the model takes, by video. */
export interface VideoFeatures {
  /** For each video float32 `[tiles, 3, H, W]`: its frames in order, one tile each unless tiles are asked for. */
  pixel_values_videos: Tensor[];
  /** Tiles of each frame of each video. */
  num_patches: number[][];
}

/** InternVL 2.5's own: a frame is one tile, as `load_video` of OpenGVLab's examples has it. */
const frameSettings: Readonly<ImageProcessorSettings> = { ...defaultSettings, crop_to_patches: false };

export interface InternVL2_5VideoProcessor extends VideoProcessorSettings {
  /** `preprocess`. */
  (videos: VideoFrames | readonly VideoFrames[], options?: VideoPreprocessOptions): Promise<VideoFeatures>;
}

/**
 * Turns the frames of videos into the tiles that InternVL 2.5 reads: one tile a frame, by the code that resizes pictures.
 *
 * ```ts
 * const processor = new InternVL2_5VideoProcessor();
 * const { pixel_values_videos } = await processor(frames, { num_frames: 8 }); // [Tensor [8, 3, 448, 448]]
 * ```
 *
 * Settings are the image processor's and those of sampling. Each is a field of the instance and can be given to a call.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: Callable makes the call, the constructor assigns the settings.
export class InternVL2_5VideoProcessor extends Callable<
  [videos: VideoFrames | readonly VideoFrames[], options?: VideoPreprocessOptions],
  Promise<VideoFeatures>
> {
  readonly model_input_names: readonly string[] = ["pixel_values_videos"];
  /** Fields of the file this was read from that mean nothing here. `save_pretrained` writes them again. */
  readonly unknown_fields: JsonObject;

  /** @throws InternVLError `INPUT_INVALID`, `UNSUPPORTED` (a resampling filter) */
  constructor(options: VideoProcessorOptions = {}, unknown_fields: JsonObject = {}) {
    super();
    this.unknown_fields = unknown_fields;
    const [sampling, others] = splitSampling(options);
    Object.assign(
      this,
      structuredClone(resolveSettings(frameSettings, others)),
      resolveSampling(defaultSampling, sampling),
    );
  }

  /**
   * Reads video_preprocessor_config.json or the `video_processor` of processor_config.json; what these leave out is the
   * image processor's, but for tiles. Settings among `options` go before the files'.
   *
   * @throws InternVLError `FILE_NOT_FOUND`, `FILE_INVALID`, `INPUT_INVALID`, `UNSUPPORTED`
   */
  static async from_pretrained(
    model: string | ModelFiles,
    options: PretrainedOptions & VideoProcessorOptions = {},
  ): Promise<InternVL2_5VideoProcessor> {
    const files = await openModel(model, options);
    const { options: ofImages } = await readFileSettings(files, { signal: options.signal });
    const own = await readVideoConfig(files, { signal: options.signal });
    const fields = splitFields(splitSampling(own)[1]);
    const base = resolveSettings(defaultSettings, { ...ofImages, crop_to_patches: false });
    const settings = resolveSettings(resolveSettings(base, fields.options), onlySettings(options));
    const sampling = resolveSampling(
      resolveSampling(defaultSampling, splitSampling(own)[0]),
      splitSampling(options)[0],
    );
    return new InternVL2_5VideoProcessor({ ...settings, ...sampling }, fields.unknown_fields);
  }

  /** Writes video_preprocessor_config.json into a directory. @throws InternVLError `FILE_WRITE_FAILED`, `UNSUPPORTED` */
  async save_pretrained(directory: string | FileSink, options: { runtime?: Runtime } = {}): Promise<void> {
    const names = { ...this.unknown_fields, video_processor_type: "InternVL2_5VideoProcessor" };
    const text = configText({ ...this.settings(), ...this.sampling() }, names);
    await writeFile(await openSink(directory, options), VIDEO_CONFIG_NAME, text);
  }

  /**
   * Samples frames where that is asked for, then resizes, rescales and normalises.
   *
   * @param videos the frames of one video, a video with metadata, or a list of either
   * @throws InternVLError `INPUT_INVALID` (an option, no frames, frames that are not decoded, more frames asked than
   * there are), `IMAGE_INVALID`, `ABORTED`
   */
  async preprocess(
    videos: VideoFrames | readonly VideoFrames[],
    options: VideoPreprocessOptions = {},
  ): Promise<VideoFeatures> {
    const [sampling, others] = splitSampling(options);
    const settings = resolveSettings(this.settings(), others, callOptionNames);
    const pixel_values_videos: Tensor[] = [];
    const num_patches: number[][] = [];
    for (const video of listVideos(videos)) {
      const frames = this.sampled(video, sampling);
      const features = await preprocessImages(frames, settings, options);
      pixel_values_videos.push(features.pixel_values);
      num_patches.push(features.num_patches);
    }
    return { pixel_values_videos, num_patches };
  }

  override _call(
    videos: VideoFrames | readonly VideoFrames[],
    options?: VideoPreprocessOptions,
  ): Promise<VideoFeatures> {
    return this.preprocess(videos, options);
  }

  /**
   * The indices that this processor samples from a video: `sample_frames` with its own settings where none are given.
   *
   * @throws InternVLError `INPUT_INVALID` when more frames are asked than there are, or nothing says how many
   */
  sample_frames(
    metadata: Pick<VideoMetadata, "total_num_frames"> & { fps?: number | null },
    num_frames: number | null = null,
    fps: number | null = null,
    initial_shift: boolean | number | null = null,
  ): number[] {
    // As merged Transformers: a rate that is given counts only where no number of frames is known.
    const count = num_frames ?? this.num_frames;
    return sample_frames(metadata, count, fps ?? this.fps, initial_shift ?? this.initial_shift);
  }

  /** Throws what a call with these options would throw, without a video. @throws InternVLError `INPUT_INVALID` */
  checkOptions(options: VideoProcessorOptions): void {
    const [sampling, others] = splitSampling(options);
    resolveSettings(this.settings(), others, callOptionNames);
    resolveSampling(this.sampling(), sampling);
  }

  /** The current settings of pictures. */
  settings(): ImageProcessorSettings {
    return Object.fromEntries(settingNames.map((name) => [name, this[name]])) as unknown as ImageProcessorSettings;
  }

  /** The current settings of sampling. */
  sampling(): VideoSampling {
    return Object.fromEntries(samplingNames.map((name) => [name, this[name]])) as unknown as VideoSampling;
  }

  /** How many frames are asked for by a call, as options of `sample_frames`; null when all frames are wanted. */
  askedFor(options: Partial<VideoSampling>): VideoSampling | null {
    const asked = resolveSampling(this.sampling(), options);
    // A rate in the call goes before a number of frames in the settings: the caller asked for it.
    if (isGiven(options.fps) && !isGiven(options.num_frames)) asked.num_frames = null;
    const wanted =
      options.do_sample_frames ?? (isGiven(options.num_frames) || isGiven(options.fps) || asked.do_sample_frames);
    return wanted ? asked : null;
  }

  private sampled({ frames, metadata }: Video, options: Partial<VideoSampling>): readonly RawImage[] {
    const asked = this.askedFor(options);
    if (asked === null) return frames;
    const whole = metadata === undefined || metadata.total_num_frames === frames.length;
    const fps = whole ? metadata?.fps : null;
    const { num_frames, fps: rate, initial_shift } = asked;
    return sample_frames({ total_num_frames: frames.length, fps }, num_frames, rate, initial_shift).map(
      (index) => frames[index]!,
    );
  }
}

/** One video or several, as a list. @throws InternVLError `INPUT_INVALID` for what is no video or has no frame */
function listVideos(videos: VideoFrames | readonly VideoFrames[]): Video[] {
  const single = !Array.isArray(videos) || isRawImage(videos[0]);
  const list = (single ? [videos] : videos) as readonly VideoFrames[];
  if (list.length === 0) throw notFrames("videos", "an empty list");
  return list.map((video, index) => {
    const named: Video = Array.isArray(video) ? { frames: video } : (video as Video);
    const wrong = Array.isArray(named?.frames) ? named.frames.findIndex((frame) => !isRawImage(frame)) : 0;
    if (wrong !== -1) throw notFrames(`videos[${index}]`, `something else at frame ${wrong}`);
    if (named.frames.length === 0) throw notFrames(`videos[${index}]`, "no frame");
    return named;
  });
}

function notFrames(where: string, got: string): InternVLError {
  return new InternVLError("INPUT_INVALID", {
    what: `${where} is not a video`,
    expected: "a list of RawImages, or { frames } with one, of at least one frame",
    got,
    fix: "Decode files first: await load_video(source) for a video, await load_images(sources) for frames.",
  });
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function onlySettings(options: object): ImageProcessorOptions {
  const known: readonly string[] = [...settingNames, ...Object.keys(aliases)];
  return Object.fromEntries(Object.entries(options).filter(([name]) => known.includes(name)));
}
