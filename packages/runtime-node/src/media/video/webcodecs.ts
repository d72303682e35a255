import { type FrameDecoder, type TrackInfo, type WebCodecs, webCodecsDecoder } from "@internvl/video";

interface Module extends WebCodecs {
  VideoDecoder: WebCodecs["VideoDecoder"] & {
    isConfigSupported(config: VideoDecoderConfig): Promise<{ supported?: boolean }>;
  };
}

/**
 * The optional peer node-webcodecs where it is installed and knows the codec, else null. It has formats of 8 bits and
 * even sizes only, and gives nothing for a stretch with hidden frames in packets of their own.
 */
export async function loadWebCodecs(track: TrackInfo): Promise<FrameDecoder | null> {
  const { codec, codedWidth = 0, codedHeight = 0 } = track.config;
  if (bitsOf(codec) > 8 || track.has_hidden || codedWidth % 2 === 1 || codedHeight % 2 === 1) return null;
  try {
    const loaded: unknown = await import("node-webcodecs");
    const codecs = ((loaded as { default?: unknown }).default ?? loaded) as Module;
    const { supported } = await codecs.VideoDecoder.isConfigSupported(track.config);
    return supported === true ? decoderOf(codecs, track) : null;
  } catch {
    // An optional peer: not installed, or without a binary for this platform, means that another decoder is asked.
    return null;
  }
}

function decoderOf(codecs: WebCodecs, track: TrackInfo): FrameDecoder {
  const platform = {
    codecs,
    program: "node-webcodecs",
    remedy: "Install ffmpeg and pass { backend: 'ffmpeg' } to try that.",
    // Frames come in presentation order, and none is left out; node-webcodecs 1.3 mixes their timestamps up.
    placeOf: (_: unknown, received: number) => received,
    // It decodes in the main thread: between packets the event loop has its turn.
    turn: () => new Promise<void>((resolve) => setImmediate(resolve)),
  };
  // Its own thread has no bounded queue, and has been seen to end the process with "free(): invalid pointer".
  const config: VideoDecoderConfig & { useWorkerThread: boolean } = { ...track.config, useWorkerThread: false };
  return webCodecsDecoder(platform, { ...track, config });
}

/** Bits a sample, as the codec's name says them. */
export function bitsOf(codec: string): number {
  const [kind, profile, , bits] = codec.split(".");
  if (kind === "vp09" || kind === "av01") return Number(bits ?? 8);
  // HEVC's Main 10 and range extensions; H.264's High 10 and above.
  if (kind === "hev1" || kind === "hvc1") return /^[A-C]?[13]$/.test(profile ?? "") ? 8 : 10;
  if (kind === "avc1" || kind === "avc3") return Number.parseInt(profile!.slice(0, 2), 16) > 100 ? 10 : 8;
  return 8;
}
