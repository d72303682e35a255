import { spawn } from "node:child_process";
import { AbortedError, InternVLError, isAbort } from "@internvl/core";
import type { FrameDecoder, Stretch, TrackInfo } from "@internvl/video";
import { EncodedVideoPacketSource, MkvOutputFormat, Output, StreamTarget } from "mediabunny";
import { readY4m } from "./y4m.js";

/** Each frame gets its place as its time, in milliseconds, which Matroska keeps exactly. */
const PLACE_SECONDS = 0.001;

/** How much of what ffmpeg says goes into a message. */
const SHOWN_CHARACTERS = 300;

/** Whether there is an `ffmpeg` on PATH. Asked for once in a program's life, unless there was none. */
export async function hasFfmpeg(): Promise<boolean> {
  found ??= new Promise<boolean>((resolve) => {
    const child = spawn("ffmpeg", ["-version"], { stdio: "ignore" });
    child.once("error", () => resolve(false));
    child.once("close", (code) => resolve(code === 0));
  });
  const there = await found;
  if (!there) found = undefined;
  return there;
}
let found: Promise<boolean> | undefined;

/**
 * Decodes with `ffmpeg` on PATH: the packets of a stretch go in as Matroska, the planes of the wanted frames come out.
 * Both are streams, so that memory holds a frame or two whatever the length.
 */
export function ffmpegDecoder({ codec, config, name }: TrackInfo): FrameDecoder {
  return {
    name: "ffmpeg",
    async *decode(stretch, signal) {
      const child = spawn("ffmpeg", commandLine(stretch.wanted), { stdio: ["pipe", "pipe", "pipe"], signal });
      let said = "";
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        if (said.length < SHOWN_CHARACTERS) said += text;
      });
      // ffmpeg closes its input when it has what it wants; writing on fails then, which is no error.
      child.stdin.on("error", () => {});
      const closed = new Promise<number | null>((resolve, reject) => {
        child.once("error", reject);
        child.once("close", resolve);
      });
      closed.catch(() => {});
      const fed = feed(stretch, codec, config, child.stdin).then(
        () => child.stdin.end(),
        (error: unknown) => {
          child.stdin.destroy();
          return error;
        },
      );
      try {
        yield* readY4m(child.stdout);
        const failure = await fed;
        if (InternVLError.isInstance(failure)) throw failure;
        if ((await closed) !== 0 && said !== "") throw failed(name, said);
      } catch (error) {
        if (signal?.aborted || isAbort(error)) throw new AbortedError(`Decoding ${name} was aborted`, { cause: error });
        throw InternVLError.isInstance(error) ? error : failed(name, (error as Error).message, error);
      } finally {
        child.kill("SIGKILL");
      }
    },
  };
}

function commandLine(wanted: readonly number[]): string[] {
  const input = ["-hide_banner", "-v", "error", "-nostdin", "-copyts", "-f", "matroska", "-i", "pipe:0"];
  // New times at equal distances: none is repeated or left out, without the option that each version calls otherwise.
  const rate = 25;
  const filter = ["-map", "0:v:0", "-vf", `select='${selection(wanted)}',setpts=N/(${rate}*TB)`, "-r", String(rate)];
  // -strict -1 allows more than 8 bits in YUV4MPEG2.
  return [...input, ...filter, "-frames:v", String(wanted.length), "-f", "yuv4mpegpipe", "-strict", "-1", "pipe:1"];
}

/** Places as an expression of ffmpeg, those that follow each other as one term. */
export function selection(wanted: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const place of wanted) {
    const last = ranges.at(-1);
    if (last !== undefined && place === last[1] + 1) last[1] = place;
    else ranges.push([place, place]);
  }
  return ranges.map(([from, to]) => `between(round(t*1000)\\,${from}\\,${to})`).join("+");
}

/** Writes a stretch as Matroska, at the speed at which it is taken. */
async function feed(
  stretch: Stretch,
  codec: TrackInfo["codec"],
  decoderConfig: VideoDecoderConfig,
  stdin: NodeJS.WritableStream & { destroyed: boolean },
): Promise<void> {
  const writable = new WritableStream<{ data: Uint8Array }>({
    write: ({ data }) =>
      new Promise((resolve) => {
        if (stdin.destroyed || stdin.write(data)) resolve();
        else {
          const go = (): void => {
            stdin.off("drain", go).off("close", go);
            resolve();
          };
          stdin.on("drain", go).on("close", go);
        }
      }),
  });
  const output = new Output({ format: new MkvOutputFormat({ appendOnly: true }), target: new StreamTarget(writable) });
  const track = new EncodedVideoPacketSource(codec);
  output.addVideoTrack(track);
  await output.start();
  for await (const { packet, place } of stretch.packets()) {
    if (stdin.destroyed) break;
    const timed = packet.clone({ timestamp: place * PLACE_SECONDS, duration: PLACE_SECONDS });
    await track.add(timed, { decoderConfig });
  }
  await output.finalize();
}

function failed(name: string, said: string, cause?: unknown): InternVLError {
  return new InternVLError("VIDEO_INVALID", {
    what: `ffmpeg cannot decode ${name}: ${said.trim().slice(0, SHOWN_CHARACTERS)}`,
    fix: "Play the file to see whether it is damaged, or try { backend: 'webcodecs' }.",
    cause,
  });
}
