import {
  type ImageSource,
  InternVLError,
  type ProgressCallback,
  type RawImage,
  type Runtime,
  resolveRuntime,
  throwIfAborted,
  type VideoMetadata,
  type VideoOptions,
  type VideoReader,
  type VideoSource,
} from "@internvl/core";
import { load_image } from "../load-image.js";
import { get_index } from "./get-index.js";
import { checkCount, countByRate } from "./sample-frames.js";

/**
 * The most frames that one call gives. The longest context of the family, 32,768 tokens, holds 128 frames of one tile;
 * eight times as many leave room for smaller tiles and other models.
 */
export const MAX_FRAMES: number = 1024;

/** The most bytes of decoded frames that one call keeps, 2 GiB: 345 frames of 1920 x 1080. */
export const MAX_FRAME_BYTES: number = 2 ** 31;

export interface LoadVideoOptions extends VideoOptions {
  /** So many frames at equal distances, from the first on. Default: all frames. */
  num_frames?: number;
  /** So many frames a second of the video's time. */
  fps?: number;
  /** Which frames, from the metadata. Goes before all others, as in Transformers. */
  sample_indices_fn?: (metadata: VideoMetadata) => readonly number[];
  /** OpenGVLab's sampling: the middle of each of so many equal parts (`get_index`). */
  num_segments?: number;
  /** With `num_segments`: what is looked at, in seconds. Default: the whole video. */
  bound?: readonly [start: number, end: number];
  /** Called after each frame. */
  progress_callback?: ProgressCallback;
  /** Whose decoder it is. Default: the one set with `setDefaultRuntime`, which importing `internvl` does. */
  runtime?: Runtime;
}

/** Frames of a video, with what is known of it. */
export interface LoadedVideo {
  /** RGB, in the order of `frames_indices`. */
  frames: RawImage[];
  metadata: VideoMetadata & {
    /** Which frames of the video these are. */
    frames_indices: number[];
  };
}

/**
 * Decodes frames of a video: those that are sampled, and what they need.
 *
 * ```ts
 * const { frames, metadata } = await load_video("film.mp4", { num_frames: 16 });
 * ```
 *
 * @param source a path, a URL, bytes or a Blob of a video or animation; the path of a folder of pictures; or a list of
 * pictures, which are its frames
 * @throws InternVLError `INPUT_INVALID` (an option, more frames asked than there are or than fit), `VIDEO_INVALID`,
 * `UNSUPPORTED` (a codec, or no decoder), `FILE_NOT_FOUND`, `RUNTIME_MISSING`, `ABORTED`
 */
export async function load_video(
  source: VideoSource | readonly ImageSource[],
  options: LoadVideoOptions = {},
): Promise<LoadedVideo> {
  checkOptions(options);
  const { runtime, signal, progress_callback, ...decoding } = options;
  throwIfAborted(signal, "Loading a video was aborted");
  const reader = isList(source)
    ? await readerOfPictures(source, options)
    : await resolveRuntime(runtime).media.openVideo(source, { ...decoding, signal });
  try {
    const frames_indices = checkIndices(sample(reader.metadata, options), reader.metadata);
    const frames: RawImage[] = [];
    for await (const frame of reader.frames(frames_indices, { signal })) {
      frames.push(frame);
      progress_callback?.({ stage: "video", loaded: frames.length, total: frames_indices.length, unit: "frames" });
    }
    return { frames, metadata: { ...reader.metadata, frames_indices } };
  } finally {
    await reader.close();
  }
}

/** `default_sample_indices_fn` of Transformers, and what options say instead. */
function sample(metadata: VideoMetadata, options: LoadVideoOptions): readonly number[] {
  const { num_frames, fps, sample_indices_fn, bound, num_segments } = options;
  const { total_num_frames } = metadata;
  if (sample_indices_fn !== undefined) return sample_indices_fn(metadata);
  if (num_segments !== undefined) {
    // The original's pictures have no times either: without a bound the rate does not matter.
    if (bound !== undefined && metadata.fps === null) throw withoutRate("bound");
    checkLimit(num_segments, metadata);
    return get_index(bound ?? null, metadata.fps ?? 1, total_num_frames - 1, 0, num_segments);
  }
  if (num_frames === undefined && fps !== undefined && metadata.fps === null) throw withoutRate("fps");
  const count = num_frames ?? (fps === undefined ? total_num_frames : Math.max(1, countByRate(metadata, fps)));
  checkLimit(count, metadata);
  checkCount(count, total_num_frames);
  return Array.from({ length: count }, (_, index) => Math.floor((index * total_num_frames) / count));
}

function checkOptions(options: LoadVideoOptions): void {
  const { num_frames, fps, num_segments, bound, sample_indices_fn } = options;
  const ways = Object.entries({ num_frames, fps, num_segments }).filter(([, value]) => value !== undefined);
  if (sample_indices_fn === undefined && ways.length > 1) {
    throw new InternVLError("INPUT_INVALID", {
      what: "Several options say which frames to take",
      expected: "one of num_frames, fps, num_segments",
      got: ways.map(([name]) => name).join(" and "),
    });
  }
  for (const [name, value] of ways) {
    if (typeof value === "number" && value > 0 && (name === "fps" || Number.isInteger(value))) continue;
    throw invalid(name, name === "fps" ? "a number above 0" : "a whole number of at least 1", value);
  }
  if (bound === undefined) return;
  if (num_segments === undefined) throw invalid("bound", "num_segments beside it", bound);
  if (bound.length !== 2 || !bound.every(Number.isFinite) || bound[0] > bound[1]) {
    throw invalid("bound", "[start, end] in seconds, the start first", bound);
  }
}

function invalid(name: string, expected: string, value: unknown): InternVLError {
  return new InternVLError("INPUT_INVALID", {
    what: `load_video's option "${name}" has a value that is not possible`,
    expected,
    got: JSON.stringify(value) ?? String(value),
  });
}

function withoutRate(option: string): InternVLError {
  return new InternVLError("INPUT_INVALID", {
    what: `Pictures without times cannot be sampled by ${option}`,
    expected: "num_frames or num_segments",
    got: option,
  });
}

function checkIndices(indices: readonly number[], metadata: VideoMetadata): number[] {
  checkLimit(indices.length, metadata);
  const wrong = indices.find((index) => !Number.isInteger(index) || index < 0 || index >= metadata.total_num_frames);
  if (indices.length > 0 && wrong === undefined) return [...indices];
  throw new InternVLError("INPUT_INVALID", {
    what: "The frames that are asked for are not in the video",
    expected: `indices from 0 to ${metadata.total_num_frames - 1}${metadata.duration === null ? "" : ` (${metadata.duration} seconds)`}`,
    got: wrong === undefined ? "none" : String(wrong),
    fix: "Look at bound, or at what sample_indices_fn returns.",
  });
}

function checkLimit(count: number, { width, height, total_num_frames }: VideoMetadata): void {
  const fitting = Math.floor(MAX_FRAME_BYTES / (width * height * 3));
  const most = Math.min(MAX_FRAMES, fitting);
  if (count <= most) return;
  throw new InternVLError("INPUT_INVALID", {
    what: "These are more frames than one call loads",
    expected: `at most ${most}, ${most < MAX_FRAMES ? `2 GiB of ${width} x ${height} pixels` : "eight times what the longest context holds"}`,
    got: `${count} of ${total_num_frames}`,
    fix: "Pass num_frames, fps or num_segments, or load parts with sample_indices_fn.",
  });
}

async function readerOfPictures(pictures: readonly ImageSource[], options: LoadVideoOptions): Promise<VideoReader> {
  if (pictures.length === 0) {
    throw new InternVLError("VIDEO_INVALID", {
      what: "A video has no frames",
      expected: "at least one",
      got: "an empty list",
    });
  }
  const { runtime, signal, alpha, exif, max_pixels } = options;
  const read = (index: number): Promise<RawImage> =>
    load_image(pictures[index]!, { runtime, signal, alpha, exif, max_pixels });
  const { width, height } = await read(0);
  return {
    metadata: { total_num_frames: pictures.length, fps: null, width, height, duration: null },
    frame: read,
    async *frames(indices) {
      for (const index of indices) yield await read(index);
    },
    async close() {},
  };
}

function isList(source: VideoSource | readonly ImageSource[]): source is readonly ImageSource[] {
  return Array.isArray(source);
}
