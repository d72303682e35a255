import {
  AbortedError,
  InternVLError,
  type MediaDecoder,
  throwIfAborted,
  type VideoBackend,
  type VideoOptions,
  type VideoReader,
  type VideoSource,
} from "@internvl/core";
import { ALL_FORMATS, EncodedPacketSink, Input, type InputVideoTrack } from "mediabunny";
import type { DecodeSettings } from "../decoder.js";
import { assertPixels } from "../size.js";
import { sniffImage } from "../sniff.js";
import { openAnimation } from "./animation.js";
import type { FrameDecoder, TrackInfo } from "./decoder.js";
import { ffmpegDecoder, hasFfmpeg } from "./ffmpeg.js";
import { openFolder } from "./folder.js";
import { averageFrameRate } from "./frame-rate.js";
import { type PacketIndex, readPacketIndex } from "./packet-index.js";
import { trackReader } from "./track-reader.js";
import { type OpenedSource, openSource } from "./video-source.js";
import { loadWebCodecs, webCodecsDecoder } from "./webcodecs.js";

/** As many bytes as a picture's signature takes. */
const SIGNATURE_BYTES = 16;

/** Opens a video: its index is read, no frame is decoded. */
export async function openVideo(
  source: VideoSource,
  settings: DecodeSettings,
  { backend, signal }: VideoOptions,
  decodeImage: MediaDecoder["decodeImage"],
): Promise<VideoReader> {
  const stop = (): void => throwIfAborted(signal, "Opening the video was aborted");
  stop();
  const opened = await openSource(source, signal);
  if ("folder" in opened) return openFolder(opened.folder, opened.name, settings, decodeImage);
  const format = sniffImage(await opened.head(SIGNATURE_BYTES));
  stop();
  if (format === "gif" || format === "webp") return openAnimation(await opened.whole(), opened.name, settings);
  const input = new Input({ source: opened.source, formats: ALL_FORMATS });
  // A server that has fallen silent is left at once.
  const leave = (): void => input.dispose();
  signal?.addEventListener("abort", leave);
  try {
    return await openTrack(input, opened.name, settings.max_pixels, backend, stop);
  } catch (error) {
    input.dispose();
    if (signal?.aborted) throw new AbortedError(`Opening ${opened.name} was aborted`, { cause: error });
    throw InternVLError.isInstance(error) ? error : unreadable(opened, error as Error);
  } finally {
    signal?.removeEventListener("abort", leave);
  }
}

async function openTrack(
  input: Input,
  name: string,
  max_pixels: number,
  backend: VideoBackend | undefined,
  stop: () => void,
): Promise<VideoReader> {
  const track = await input.getPrimaryVideoTrack();
  if (track === null) {
    throw new InternVLError("VIDEO_INVALID", {
      what: `${name} has no video track`,
      expected: "a file with moving pictures",
      got: "none, or only sound",
    });
  }
  const info = await trackInfo(track, name);
  assertPixels(track.codedWidth, track.codedHeight, name, max_pixels);
  const sink = new EncodedPacketSink(track);
  const index = await readPacketIndex(sink, info.codec, stop);
  if (index === null) {
    throw new InternVLError("VIDEO_INVALID", {
      what: `${name} has no frame that can be shown`,
      expected: "at least one key frame",
      got: "none",
      fix: "Copy or download the file again.",
    });
  }
  const rotation = await track.getRotation();
  const [width, height] =
    rotation % 180 === 0 ? [track.codedWidth, track.codedHeight] : [track.codedHeight, track.codedWidth];
  return trackReader({
    name,
    metadata: { ...timing(index), width, height },
    sink,
    index,
    colours: await track.getColorSpace(),
    rotation,
    decoder: await chooseDecoder(info, index.hidden.size > 0, backend),
    close: () => input.dispose(),
  });
}

function timing({ frames, times, duration }: PacketIndex): {
  total_num_frames: number;
  fps: number | null;
  duration: number;
} {
  const fps = averageFrameRate(frames.length, times[frames[0]!]!, times[frames.at(-1)!]!, duration);
  return { total_num_frames: frames.length, fps: fps > 0 ? fps : null, duration };
}

async function trackInfo(track: InputVideoTrack, name: string): Promise<TrackInfo> {
  const codec = await track.getCodec();
  const config = await track.getDecoderConfig();
  if (codec !== null && config !== null) return { name, codec, config };
  const internal = await track.getInternalCodecId();
  throw new InternVLError("UNSUPPORTED", {
    what: `The codec of ${name} is not known here`,
    expected: "H.264, HEVC, VP8, VP9, AV1 or ProRes",
    got: internal === null ? "another one" : String(internal),
    fix: "Convert the video: ffmpeg -i VIDEO -c:v libx264 NEW.mp4",
  });
}

async function chooseDecoder(
  info: TrackInfo,
  has_hidden: boolean,
  backend: VideoBackend | undefined,
): Promise<FrameDecoder> {
  if (backend !== "ffmpeg") {
    const codecs = await loadWebCodecs(info, has_hidden);
    if (codecs !== null) return webCodecsDecoder(codecs, info);
  }
  if (backend !== "webcodecs" && (await hasFfmpeg())) return ffmpegDecoder(info);
  throw new InternVLError("UNSUPPORTED", {
    what: `There is no decoder for ${info.config.codec} here`,
    expected: backend === undefined ? "node-webcodecs with this codec, or ffmpeg on PATH" : `the backend "${backend}"`,
    got: "neither",
    fix: "Install one: npm install node-webcodecs (Linux, macOS), or ffmpeg (apt-get install ffmpeg, brew install ffmpeg, winget install ffmpeg).",
  });
}

function unreadable({ name }: OpenedSource, cause: Error): InternVLError {
  return new InternVLError("VIDEO_INVALID", {
    what: `${name} cannot be read as a video: ${cause.message}`,
    expected: "MP4, MOV, WebM, Matroska, MPEG-TS, GIF or WebP, whole",
    fix: "Copy or download the file again, or convert it: ffmpeg -i VIDEO NEW.mp4",
    cause,
  });
}
