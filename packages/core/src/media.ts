import type { RawImage } from "./image.js";
import type { AlphaMode } from "./rgb.js";

/** Where a picture comes from. A string is a URL (`http:`, `https:`, `data:`, `blob:`, `file:`) or a path. */
export type ImageSource = string | URL | Uint8Array | ArrayBuffer | Blob | RawImage;

/** Where a video comes from. A path may be that of a folder, whose pictures are the frames. */
export type VideoSource = string | URL | Uint8Array | ArrayBuffer | Blob;

export interface DecodeOptions {
  /**
   * What becomes of transparency: `"composite"` lays the picture on white, as Transformers does; `"drop"` keeps the
   * colours under it, as OpenGVLab's original code does. Default `"composite"`.
   */
  alpha?: AlphaMode;
  /** Whether the EXIF orientation turns the picture. Transformers: `"apply"` (the default); the original: `"ignore"`. */
  exif?: "apply" | "ignore";
  /** The largest `width * height` that is decoded. Default `MAX_IMAGE_PIXELS`. */
  max_pixels?: number;
  signal?: AbortSignal;
}

/**
 * The largest picture that is decoded unless the caller says otherwise, in pixels: twice Pillow's
 * `Image.MAX_IMAGE_PIXELS`, where Pillow itself refuses a picture as a decompression bomb (537 MB as RGB).
 */
export const MAX_IMAGE_PIXELS: number = 2 * Math.floor(1024 ** 3 / 4 / 3);

/** How a picture is decoded, every choice made. */
export type DecodeSettings = Required<Omit<DecodeOptions, "signal">>;

/** The choices of `options`, and the defaults for the others. */
export function decodeSettings({ alpha, exif, max_pixels }: DecodeOptions): DecodeSettings {
  return { alpha: alpha ?? "composite", exif: exif ?? "apply", max_pixels: max_pixels ?? MAX_IMAGE_PIXELS };
}

/** Which program decodes a video; by default the first that there is. */
export type VideoBackend = "webcodecs" | "ffmpeg";

export interface VideoOptions extends DecodeOptions {
  /** Default: the first that there is and that knows the codec. Pictures' decoders (GIF, WebP, frames) are not asked. */
  backend?: VideoBackend;
}

export interface VideoMetadata {
  /** Frames that can be shown: neither hidden ones, nor those in front of the first key frame. */
  total_num_frames: number;
  /** Frames a second on average; null for pictures without times. */
  fps: number | null;
  /** Pixels of a frame as it is shown, its rotation applied. */
  width: number;
  height: number;
  /** Seconds from the first frame to the end of the last; null for pictures without times. */
  duration: number | null;
}

export interface VideoReader {
  readonly metadata: VideoMetadata;
  /** The frame with this index in presentation order, RGB. */
  frame(index: number, options?: { signal?: AbortSignal }): Promise<RawImage>;
  /** Several frames, in the order asked for. What lies between two key frames is decoded once where indices ascend. */
  frames(indices: readonly number[], options?: { signal?: AbortSignal }): AsyncIterable<RawImage>;
  close(): Promise<void>;
}

/** Turns files into pixels, and nothing more: no resize here, so that pixels are the same on every platform. */
export interface MediaDecoder {
  /**
   * Decodes the first frame of a picture to RGB (3 channels), the bytes that Pillow gives for the same file.
   *
   * @throws InternVLError `IMAGE_INVALID` (no picture, cut off, unknown format), `IMAGE_TOO_LARGE`, `FILE_NOT_FOUND`
   */
  decodeImage(source: ImageSource, options?: DecodeOptions): Promise<RawImage>;
  /**
   * Reads a video's index, not its frames.
   *
   * @throws InternVLError `VIDEO_INVALID` (no video, no video track, no frame, cut off), `UNSUPPORTED` (a codec, or no
   * decoder), `FILE_NOT_FOUND`, `IMAGE_TOO_LARGE`
   */
  openVideo(source: VideoSource, options?: VideoOptions): Promise<VideoReader>;
}
