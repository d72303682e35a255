import { InternVLError } from "@internvl/core";
import { type FrameDecoder, type TrackInfo, webCodecsDecoder } from "@internvl/video";

/** Packets that wait in the decoder at most, so that a long stretch is not read ahead. */
const MOST_QUEUED = 8;

/**
 * The browser's decoder for a track.
 *
 * @throws InternVLError `UNSUPPORTED` where the browser has no WebCodecs, or does not know the codec
 */
export async function chooseDecoder(track: TrackInfo): Promise<FrameDecoder> {
  // Absent in old browsers, and in pages that are no secure context, whatever the types say.
  if (globalThis.VideoDecoder === undefined) {
    throw new InternVLError("UNSUPPORTED", {
      what: "This page has no WebCodecs, which decodes videos",
      expected: "a browser with VideoDecoder, in a page over https or on localhost",
      got: globalThis.isSecureContext ? "a browser without" : "a page that is no secure context",
      fix: "Serve the page over https and use a current browser, or pass the frames as pictures.",
    });
  }
  const config = await supportedConfig(track.config);
  if (config === undefined) {
    throw new InternVLError("UNSUPPORTED", {
      what: `This browser cannot decode ${track.config.codec}, the codec of ${track.name}`,
      expected: "H.264, VP8, VP9 or AV1, as most browsers do",
      got: `${track.codec} (${track.config.codec})`,
      fix: "Convert the video: ffmpeg -i VIDEO -c:v libx264 -pix_fmt yuv420p NEW.mp4",
    });
  }
  const platform = {
    codecs: globalThis,
    program: "the browser",
    remedy: "Convert it and try again: ffmpeg -i VIDEO -c:v libx264 -pix_fmt yuv420p NEW.mp4",
    placeOf: ({ timestamp }: VideoFrame) => timestamp,
    turn: takeIn,
  };
  return webCodecsDecoder(platform, { ...track, config });
}

/** In software where that is possible: a graphics card may keep its frames where they cannot be read as they are. */
async function supportedConfig(config: VideoDecoderConfig): Promise<VideoDecoderConfig | undefined> {
  for (const hardwareAcceleration of ["prefer-software", "no-preference"] as const) {
    const candidate = { ...config, hardwareAcceleration };
    try {
      if ((await VideoDecoder.isConfigSupported(candidate)).supported) return candidate;
    } catch {
      // A configuration that is not valid for this browser: it does not know the codec either.
    }
  }
  return undefined;
}

/** Waits while the decoder has enough to do. An error closes it. */
async function takeIn(decoder: VideoDecoder): Promise<void> {
  while (decoder.decodeQueueSize > MOST_QUEUED && decoder.state === "configured") {
    await new Promise((resolve) => decoder.addEventListener("dequeue", resolve, { once: true }));
  }
}
