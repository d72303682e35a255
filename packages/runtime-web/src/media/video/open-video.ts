import {
  type DecodeSettings,
  InternVLError,
  throwIfAborted,
  type VideoOptions,
  type VideoReader,
  type VideoSource,
} from "@internvl/core";
import { openVideo as openContainer, openVideoSource } from "@internvl/video";
import { SOURCES } from "../source.js";
import { openAnimation } from "./animation.js";
import { chooseDecoder } from "./webcodecs.js";

/** Opens a video: its index is read, no frame is decoded. */
export async function openVideo(
  source: VideoSource,
  settings: DecodeSettings,
  { backend, signal }: VideoOptions,
): Promise<VideoReader> {
  throwIfAborted(signal, "Opening the video was aborted");
  if (backend !== undefined && backend !== "webcodecs") {
    throw new InternVLError("UNSUPPORTED", {
      what: `Browsers have no video decoder of the name "${backend}"`,
      expected: '"webcodecs"',
      got: `"${backend}"`,
      fix: "Leave the option backend out.",
    });
  }
  const platform = { ...SOURCES, expected: "a URL, bytes, a Blob or a File" };
  const opened = await openVideoSource(source, platform, signal);
  return openContainer(
    opened,
    { chooseDecoder, openAnimation: (format, bytes, name) => openAnimation(bytes, format, name, settings) },
    { max_pixels: settings.max_pixels, signal },
  );
}
