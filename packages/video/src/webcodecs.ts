import { AbortedError, InternVLError, throwIfAborted } from "@internvl/core";
import type { FrameDecoder, Stretch, TrackInfo } from "./decoder.js";
import { FrameQueue } from "./frame-queue.js";
import type { CodecFrame } from "./planes.js";

/** As much of a WebCodecs VideoDecoder as is used. */
interface CodecDecoder {
  readonly state: string;
  readonly decodeQueueSize: number;
  configure(config: VideoDecoderConfig): void;
  decode(chunk: object): void;
  flush(): Promise<void>;
  close(): void;
}

/** As much of WebCodecs as is used. */
export interface WebCodecs<Decoder extends CodecDecoder = CodecDecoder> {
  VideoDecoder: new (init: { output(frame: CodecFrame): void; error(error: Error): void }) => Decoder;
  EncodedVideoChunk: new (init: { type: "key" | "delta"; timestamp: number; data: Uint8Array }) => object;
}

/** An implementation of WebCodecs and its ways. */
export interface WebCodecsPlatform<Decoder extends CodecDecoder = CodecDecoder> {
  codecs: WebCodecs<Decoder>;
  /** How messages call it. */
  program: string;
  /** What to do about what it cannot decode, a sentence. */
  remedy: string;
  /**
   * The place of a frame that was put out: its timestamp where that is what went in, else how many came before.
   *
   * @param received frames that came before this one
   */
  placeOf(frame: CodecFrame, received: number): number;
  /** Called after each packet: lets the decoder work. */
  turn(decoder: Decoder): Promise<void>;
}

/** Decodes with WebCodecs, packet by packet. Packets carry their places as timestamps. */
export function webCodecsDecoder<Decoder extends CodecDecoder>(
  platform: WebCodecsPlatform<Decoder>,
  { config, name }: TrackInfo,
): FrameDecoder {
  const { codecs, program, remedy, placeOf } = platform;
  const failed = (cause: Error): InternVLError =>
    new InternVLError("VIDEO_INVALID", {
      what: `${program} cannot decode ${name}: ${cause.message}`,
      fix: `Play the file to see whether it is damaged. ${remedy}`,
      cause,
    });
  return {
    name: "webcodecs",
    async *decode(stretch, signal) {
      const frames = new FrameQueue(stretch.wanted, remedy);
      const decoder = new codecs.VideoDecoder({
        output: (frame) => frames.take(frame, placeOf(frame, frames.received)),
        error: (error) => frames.fail(failed(error)),
      });
      const leave = (): void =>
        frames.fail(new AbortedError(`Decoding ${name} was aborted`, { cause: signal?.reason }));
      signal?.addEventListener("abort", leave);
      try {
        decoder.configure(config);
        feed(platform, decoder, stretch, frames).then(
          () => frames.end(),
          (error: unknown) => frames.fail(error),
        );
        for await (const planes of frames.read()) {
          throwIfAborted(signal, `Decoding ${name} was aborted`);
          yield planes;
        }
        // One that is missing may be any: what came for another could be it.
        if (frames.received !== stretch.total) throw incomplete(name, program, remedy, stretch.total, frames.received);
      } catch (error) {
        throw InternVLError.isInstance(error) ? error : failed(error as Error);
      } finally {
        signal?.removeEventListener("abort", leave);
        frames.stop();
        if (decoder.state !== "closed") decoder.close();
      }
    },
  };
}

async function feed<Decoder extends CodecDecoder>(
  { codecs, turn }: WebCodecsPlatform<Decoder>,
  decoder: Decoder,
  stretch: Stretch,
  frames: FrameQueue,
): Promise<void> {
  for await (const { packet, place } of stretch.packets()) {
    if (frames.isOver) return;
    decoder.decode(new codecs.EncodedVideoChunk({ type: packet.type, timestamp: place, data: packet.data }));
    await turn(decoder);
    await frames.room();
  }
  if (!frames.isOver) await decoder.flush();
}

function incomplete(name: string, program: string, remedy: string, expected: number, got: number): InternVLError {
  return new InternVLError("VIDEO_INVALID", {
    what: `A part of ${name} is damaged`,
    expected: `${expected} frames from ${program}`,
    got: String(got),
    fix: `Copy or download the file again. ${remedy}`,
  });
}
