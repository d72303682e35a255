import {
  type DecodeSettings,
  InternVLError,
  type MediaDecoder,
  throwIfAborted,
  type VideoBackend,
  type VideoOptions,
  type VideoReader,
  type VideoSource,
} from "@internvl/core";
import { type FrameDecoder, openVideo as openContainer, type TrackInfo } from "@internvl/video";
import { openAnimation } from "./animation.js";
import { ffmpegDecoder, hasFfmpeg } from "./ffmpeg.js";
import { openFolder } from "./folder.js";
import { openSource } from "./video-source.js";
import { loadWebCodecs } from "./webcodecs.js";

/** Opens a video: its index is read, no frame is decoded. */
export async function openVideo(
  source: VideoSource,
  settings: DecodeSettings,
  { backend, signal }: VideoOptions,
  decodeImage: MediaDecoder["decodeImage"],
): Promise<VideoReader> {
  throwIfAborted(signal, "Opening the video was aborted");
  const opened = await openSource(source, signal);
  if ("folder" in opened) return openFolder(opened.folder, opened.name, settings, decodeImage);
  const platform = {
    chooseDecoder: (track: TrackInfo) => chooseDecoder(track, backend),
    openAnimation: (_: string, input: Uint8Array | string, name: string) => openAnimation(input, name, settings),
  };
  return openContainer(opened, platform, { max_pixels: settings.max_pixels, signal });
}

async function chooseDecoder(track: TrackInfo, backend: VideoBackend | undefined): Promise<FrameDecoder> {
  const decoder = backend === "ffmpeg" ? null : await loadWebCodecs(track);
  if (decoder !== null) return decoder;
  if (backend !== "webcodecs" && (await hasFfmpeg())) return ffmpegDecoder(track);
  throw new InternVLError("UNSUPPORTED", {
    what: `There is no decoder for ${track.config.codec} here`,
    expected: backend === undefined ? "node-webcodecs with this codec, or ffmpeg on PATH" : `the backend "${backend}"`,
    got: "neither",
    fix: "Install one: npm install node-webcodecs (Linux, macOS), or ffmpeg (apt-get install ffmpeg, brew install ffmpeg, winget install ffmpeg).",
  });
}
