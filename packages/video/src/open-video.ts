import {
  AbortedError,
  assertPixels,
  InternVLError,
  sniffImage,
  throwIfAborted,
  type VideoReader,
} from "@internvl/core";
import {
  EncodedPacketSink,
  Input,
  type InputVideoTrack,
  Logging,
  LogLevel,
  MATROSKA,
  MP4,
  MPEG_TS,
  QTFF,
  WEBM,
} from "mediabunny";
import type { FrameDecoder, TrackInfo } from "./decoder.js";
import { averageFrameRate } from "./frame-rate.js";
import { type PacketIndex, readPacketIndex } from "./packet-index.js";
import { trackReader } from "./track-reader.js";
import type { OpenedVideo } from "./video-source.js";

/** As many bytes as a picture's signature takes. */
const SIGNATURE_BYTES = 16;

/** No playlists (HLS): a file must not make the program ask addresses that are written in it. No files of sound. */
const CONTAINERS = [MP4, QTFF, MATROSKA, WEBM, MPEG_TS];

/** What a runtime brings. */
export interface VideoPlatform<Whole = Uint8Array> {
  /** @throws InternVLError `UNSUPPORTED` where there is none for this track */
  chooseDecoder(track: TrackInfo): Promise<FrameDecoder>;
  openAnimation(format: "gif" | "webp", whole: Whole, name: string): Promise<VideoReader>;
}

export interface OpenVideoSettings {
  /** The largest `width * height`. */
  max_pixels: number;
  signal?: AbortSignal;
}

/**
 * Opens a video: its index is read, no frame is decoded.
 *
 * @throws InternVLError `VIDEO_INVALID`, `UNSUPPORTED`, `IMAGE_TOO_LARGE`, `ABORTED`
 */
export async function openVideo<Whole>(
  opened: OpenedVideo<Whole>,
  platform: VideoPlatform<Whole>,
  { max_pixels, signal }: OpenVideoSettings,
): Promise<VideoReader> {
  const stop = (): void => throwIfAborted(signal, `Opening ${opened.name} was aborted`);
  const format = sniffImage(await opened.head(SIGNATURE_BYTES));
  stop();
  if (format === "gif" || format === "webp") return platform.openAnimation(format, await opened.whole(), opened.name);
  // It warns on the console, which is the program's and not a library's. Who has chosen a level keeps it.
  if (Logging.level === LogLevel.Info) Logging.level = LogLevel.Silent;
  const input = new Input({ source: opened.source, formats: CONTAINERS });
  // A server that has fallen silent is left at once.
  const leave = (): void => input.dispose();
  signal?.addEventListener("abort", leave);
  try {
    return await openTrack(input, opened.name, max_pixels, platform, stop);
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
  platform: Pick<VideoPlatform, "chooseDecoder">,
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
    decoder: await platform.chooseDecoder({ ...info, has_hidden: index.hidden.size > 0 }),
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

async function trackInfo(track: InputVideoTrack, name: string): Promise<Omit<TrackInfo, "has_hidden">> {
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

function unreadable({ name }: { name: string }, cause: Error): InternVLError {
  return new InternVLError("VIDEO_INVALID", {
    what: `${name} cannot be read as a video: ${cause.message}`,
    expected: "MP4, MOV, WebM, Matroska, MPEG-TS, GIF or WebP, whole",
    fix: "Copy or download the file again, or convert it: ffmpeg -i VIDEO NEW.mp4",
    cause,
  });
}
