import { AbortedError, InternVLError, throwIfAborted, type YuvFrame } from "@internvl/core";
import type { FrameDecoder, Stretch, TrackInfo } from "./decoder.js";

/** As much of WebCodecs as is used. */
interface WebCodecs {
  VideoDecoder: {
    new (init: { output(frame: Frame): void; error(error: Error): void }): Decoder;
    isConfigSupported(config: VideoDecoderConfig): Promise<{ supported?: boolean }>;
  };
  EncodedVideoChunk: new (init: { type: "key" | "delta"; timestamp: number; data: Uint8Array }) => object;
}

interface Decoder {
  readonly state: string;
  configure(config: VideoDecoderConfig & { useWorkerThread?: boolean }): void;
  decode(chunk: object): void;
  flush(): Promise<void>;
  close(): void;
}

interface Frame {
  readonly format: string | null;
  readonly visibleRect: { width: number; height: number } | null;
  readonly codedWidth: number;
  readonly codedHeight: number;
  allocationSize(): number;
  copyTo(target: Uint8Array): Promise<{ offset: number; stride: number }[]>;
  close(): void;
}

/** Samples of luma for one of chroma. */
const FORMATS: Readonly<Record<string, YuvFrame["subsampling"]>> = { I420: [2, 2], I422: [2, 1], I444: [1, 1] };

/**
 * node-webcodecs where it is installed and knows the codec, else null. It has formats of 8 bits only, and gives nothing
 * for a stretch with hidden frames in packets of their own.
 */
export async function loadWebCodecs({ config }: TrackInfo, has_hidden: boolean): Promise<WebCodecs | null> {
  if (bitsOf(config.codec) > 8 || has_hidden) return null;
  try {
    const loaded: unknown = await import("node-webcodecs");
    const module = ((loaded as { default?: unknown }).default ?? loaded) as WebCodecs;
    return (await module.VideoDecoder.isConfigSupported(config)).supported === true ? module : null;
  } catch {
    // An optional peer: not installed, or without a binary for this platform, means that another decoder is asked.
    return null;
  }
}

/** Decodes with the optional peer node-webcodecs, packet by packet: between them the event loop has its turn. */
export function webCodecsDecoder(codecs: WebCodecs, { config, name }: TrackInfo): FrameDecoder {
  return {
    name: "webcodecs",
    async *decode(stretch, signal) {
      const frames = new FrameQueue(new Set(stretch.wanted));
      const decoder = new codecs.VideoDecoder({
        output: (frame) => frames.take(frame),
        error: (error) => frames.fail(failed(name, error)),
      });
      try {
        // Its own thread has no bounded queue, and has been seen to end the process with "free(): invalid pointer".
        decoder.configure({ ...config, useWorkerThread: false });
        const fed = feed(codecs, decoder, stretch, frames, signal).then(
          () => frames.end(),
          (error: unknown) => frames.fail(error),
        );
        yield* frames.read();
        await fed;
        // Frames are told from each other by their order alone: one that is missing moves all that follow.
        if (frames.received !== stretch.total) throw incomplete(name, stretch.total, frames.received);
      } catch (error) {
        if (signal?.aborted) throw new AbortedError(`Decoding ${name} was aborted`, { cause: error });
        throw InternVLError.isInstance(error) ? error : failed(name, error as Error);
      } finally {
        frames.stop();
        if (decoder.state !== "closed") decoder.close();
      }
    },
  };
}

async function feed(
  codecs: WebCodecs,
  decoder: Decoder,
  stretch: Stretch,
  frames: FrameQueue,
  signal: AbortSignal | undefined,
): Promise<void> {
  for await (const { packet, place } of stretch.packets()) {
    throwIfAborted(signal);
    if (frames.isStopped) return;
    decoder.decode(new codecs.EncodedVideoChunk({ type: packet.type, timestamp: place, data: packet.data }));
    // Lets the reader take what came, and waits for one that is slow: a few frames are kept at most.
    await new Promise((resolve) => setImmediate(resolve));
    while (frames.isFull && !frames.isStopped && !signal?.aborted)
      await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await decoder.flush();
}

/**
 * Between the decoder, which calls, and the reader, who asks. Frames that nobody wants are closed at once. They come in
 * presentation order, and none is left out; their timestamps cannot be used, node-webcodecs 1.3 mixes them up.
 */
class FrameQueue {
  readonly #wanted: ReadonlySet<number>;
  readonly #ready: Promise<YuvFrame>[] = [];
  #wake: (() => void) | undefined;
  #failure: { error: unknown } | undefined;
  #ended = false;
  isStopped = false;
  /** Frames that came. */
  received = 0;

  constructor(wanted: ReadonlySet<number>) {
    this.#wanted = wanted;
  }

  get isFull(): boolean {
    return this.#ready.length > 2;
  }

  take(frame: Frame): void {
    const place = this.received++;
    if (this.isStopped || !this.#wanted.has(place)) {
      frame.close();
      return;
    }
    const planes = readPlanes(frame).finally(() => frame.close());
    planes.catch(() => {});
    this.#ready.push(planes);
    this.#wake?.();
  }

  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wake?.();
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  stop(): void {
    this.isStopped = true;
  }

  async *read(): AsyncGenerator<YuvFrame> {
    for (;;) {
      const next = this.#ready.shift();
      if (next !== undefined) yield await next;
      else if (this.#failure !== undefined) throw this.#failure.error;
      else if (this.#ended) return;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}

async function readPlanes(frame: Frame): Promise<YuvFrame> {
  const subsampling = FORMATS[frame.format ?? ""];
  if (subsampling === undefined) {
    throw new InternVLError("UNSUPPORTED", {
      what: "The samples of the video are of a kind that is not known here",
      expected: Object.keys(FORMATS).join(", "),
      got: String(frame.format),
      fix: "Install ffmpeg and pass { backend: 'ffmpeg' }.",
    });
  }
  const { width, height } = frame.visibleRect ?? { width: frame.codedWidth, height: frame.codedHeight };
  const bytes = new Uint8Array(frame.allocationSize());
  const layout = await frame.copyTo(bytes);
  const sizes = [
    [width, height],
    ...Array(2).fill([Math.ceil(width / subsampling[0]), Math.ceil(height / subsampling[1])]),
  ];
  const [y, u, v] = layout.map(({ offset, stride }, plane) => compact(bytes, offset, stride, sizes[plane]!));
  return { width, height, planes: [y!, u!, v!], subsampling, depth: 8 };
}

/** Rows without the gaps between them. */
function compact(bytes: Uint8Array, offset: number, stride: number, [width, height]: number[]): Uint8Array {
  if (stride === width) return bytes.subarray(offset, offset + width * height!);
  const plane = new Uint8Array(width! * height!);
  for (let row = 0; row < height!; row++) {
    plane.set(bytes.subarray(offset + row * stride, offset + row * stride + width!), row * width!);
  }
  return plane;
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

function incomplete(name: string, expected: number, got: number): InternVLError {
  return new InternVLError("VIDEO_INVALID", {
    what: `A part of ${name} is damaged`,
    expected: `${expected} frames from node-webcodecs`,
    got: String(got),
    fix: "Copy or download the file again, or try { backend: 'ffmpeg' }.",
  });
}

function failed(name: string, cause: Error): InternVLError {
  return new InternVLError("VIDEO_INVALID", {
    what: `node-webcodecs cannot decode ${name}: ${cause.message}`,
    fix: "Play the file to see whether it is damaged, or try { backend: 'ffmpeg' }.",
    cause,
  });
}
