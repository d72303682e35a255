import type { ErrorCode, RawImage, VideoReader } from "@internvl/core";
import { load_video } from "@internvl/image-processor";
import { webMedia, webRuntime } from "@internvl/runtime-web";
import { afterEach, describe, expect, it, vi } from "vitest";
import { MPEG4_PART_2 } from "../../core/src/contract/video-data";
import { answerBytes } from "./answer";
import { bytesOf, clip } from "./clips";
import { sha256 } from "./sha256";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const H264 = clip("H.264 in MP4");
const VP9 = clip("VP9 in MP4");

async function read(video: VideoReader, indices: readonly number[]): Promise<string[]> {
  const found: string[] = [];
  for await (const frame of video.frames(indices)) found.push(await sha256(frame.data));
  return found;
}

async function expectError(promise: Promise<unknown>, code: ErrorCode, parts: readonly string[] = []): Promise<void> {
  const error = await promise.then(
    () => expect.fail("no error"),
    (reason) => reason,
  );
  expect(error).toMatchObject({ code });
  for (const part of parts) expect(error.message).toContain(part);
}

/** A server that knows ranges, or does not. Gives what was asked of it. */
function serve(bytes: Uint8Array<ArrayBuffer>, ranges: boolean): (string | null)[] {
  const asked: (string | null)[] = [];
  vi.stubGlobal("fetch", async (input: RequestInfo | URL, init?: RequestInit) => {
    const { headers } = new Request(input, init);
    asked.push(headers.get("range"));
    return answerBytes(bytes, { headers }, { ranges });
  });
  return asked;
}

describe("addresses", () => {
  it("are read in parts where the server allows that", async () => {
    for (const ranges of [true, false]) {
      const asked = serve(H264.bytes, ranges);
      const video = await webMedia.openVideo("/films/a.mp4");
      expect(await read(video, [0, 9])).toEqual([H264.sha256[0], H264.sha256[9]]);
      await video.close();
      expect(asked.every((range) => range?.startsWith("bytes="))).toBe(true);
    }
  });

  it("may be those of a blob", async () => {
    const url = URL.createObjectURL(new Blob([VP9.bytes]));
    const video = await webMedia.openVideo(url);
    expect(await read(video, [3])).toEqual([VP9.sha256[3]]);
    await video.close();
    URL.revokeObjectURL(url);
  });

  it("that are not answered are named", async () => {
    vi.stubGlobal("fetch", async () => new Response("no", { status: 404 }));
    await expectError(webMedia.openVideo("/films/a.mp4"), "FILE_NOT_FOUND", ["/films/a.mp4", "status 404"]);
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
    await expectError(webMedia.openVideo("/films/a.mp4"), "FILE_NOT_FOUND", ["Failed to fetch", "CORS"]);
  });

  it("of a server that falls silent are left at an abort", async () => {
    for (const silentFrom of [1, 2]) {
      let calls = 0;
      serve(H264.bytes, true);
      const answer = globalThis.fetch;
      const controller = new AbortController();
      vi.stubGlobal("fetch", (input: string, init: RequestInit) => {
        if (++calls < silentFrom) return answer(input, init);
        setTimeout(() => controller.abort(), 10);
        return new Promise((_, reject) => {
          init.signal?.addEventListener("abort", () => reject(init.signal?.reason));
        });
      });
      await expectError(webMedia.openVideo("/a.mp4", { signal: controller.signal }), "ABORTED");
    }
  });
});

it("a playlist is no video, and the addresses in it are not asked", async () => {
  const asked = serve(H264.bytes, true);
  const playlist = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nhttps://example.com/a.ts\n#EXT-X-ENDLIST\n";
  await expectError(webMedia.openVideo(new TextEncoder().encode(playlist)), "VIDEO_INVALID", ["MPEG-TS"]);
  await expectError(webMedia.openVideo(new File([playlist], "a.m3u8")), "VIDEO_INVALID", ["a.m3u8"]);
  expect(asked).toEqual([]);
});

describe("what a browser does not have", () => {
  it("WebCodecs", async () => {
    vi.stubGlobal("VideoDecoder", undefined);
    await expectError(webMedia.openVideo(H264.bytes), "UNSUPPORTED", ["no WebCodecs", "https"]);
  });

  it("ImageDecoder, which moving pictures need and others do not", async () => {
    vi.stubGlobal("ImageDecoder", undefined);
    await expectError(webMedia.openVideo(clip("GIF").bytes), "UNSUPPORTED", ["ImageDecoder", "ffmpeg -i"]);
    const still = clip("WebP of one frame");
    expect(await read(await webMedia.openVideo(still.bytes), [0])).toEqual(still.sha256);
  });

  it("a codec: Debian's Chromium has no HEVC", async () => {
    // ffmpeg -f lavfi -i testsrc2=size=48x34:rate=25:duration=0.12 -c:v libx265 -tag:v hvc1 hevc.mp4
    const file = await fetch(new URL("./fixtures/hevc.mp4", import.meta.url));
    const opening = webMedia.openVideo(new File([await file.blob()], "holiday.mp4"));
    await expectError(opening, "UNSUPPORTED", ["hev1.", "holiday.mp4", "libx264"]);
  });

  it("a codec, and it says so with an error", async () => {
    vi.spyOn(VideoDecoder, "isConfigSupported").mockRejectedValue(new TypeError("what is that?"));
    await expectError(webMedia.openVideo(VP9.bytes), "UNSUPPORTED", ["vp09."]);
  });

  it("a decoder in software: the other one is taken", async () => {
    const configured = vi.spyOn(VideoDecoder.prototype, "configure");
    const own = VideoDecoder.isConfigSupported.bind(VideoDecoder);
    vi.spyOn(VideoDecoder, "isConfigSupported").mockImplementation(async (config) =>
      config.hardwareAcceleration === "prefer-software" ? { supported: false, config } : own(config),
    );
    const video = await webMedia.openVideo(VP9.bytes);
    expect(await read(video, [1])).toEqual([VP9.sha256[1]]);
    expect(configured.mock.calls[0]![0].hardwareAcceleration).toBe("no-preference");
  });

  it("ffmpeg", async () => {
    await expectError(webMedia.openVideo(H264.bytes, { backend: "ffmpeg" }), "UNSUPPORTED", ["ffmpeg", "backend"]);
    const video = await webMedia.openVideo(H264.bytes, { backend: "webcodecs" });
    expect(video.metadata.total_num_frames).toBe(15);
  });
});

it("writes nothing to the console", async () => {
  const warn = vi.spyOn(console, "warn");
  await expectError(webMedia.openVideo(bytesOf(MPEG4_PART_2)), "UNSUPPORTED", ["mp4v"]);
  serve(H264.bytes, false);
  await (await webMedia.openVideo("/a.mp4")).frame(0);
  expect(warn).not.toHaveBeenCalled();
});

describe("what the browser gives out is given back", () => {
  /** Counts decoders and frames that are open. */
  function count(): { frames: number; mostFrames: number; decoders: number; made: number } {
    const open = { frames: 0, mostFrames: 0, decoders: 0, made: 0 };
    class Counted extends VideoDecoder {
      constructor({ output, error }: VideoDecoderInit) {
        super({
          error,
          output: (frame) => {
            open.made++;
            open.frames++;
            open.mostFrames = Math.max(open.mostFrames, open.frames);
            const close = frame.close.bind(frame);
            frame.close = () => {
              open.frames--;
              close();
            };
            output(frame);
          },
        });
        open.decoders++;
      }

      override close(): void {
        open.decoders--;
        super.close();
      }
    }
    vi.stubGlobal("VideoDecoder", Counted);
    return open;
  }

  it("after all frames, and while a slow reader takes them", async () => {
    const open = count();
    const video = await webMedia.openVideo(VP9.bytes);
    let frames = 0;
    for await (const _ of video.frames([...VP9.sha256.keys()])) {
      frames++;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(frames).toBe(15);
    expect(open).toMatchObject({ made: 15, frames: 0, decoders: 0 });
    expect(open.mostFrames).toBeLessThanOrEqual(5);
    await video.close();
  });

  it("when the reader leaves, an abort comes, or a packet is damaged", async () => {
    const open = count();
    const video = await webMedia.openVideo(VP9.bytes);
    for await (const _ of video.frames([0, 4, 9])) break;
    const controller = new AbortController();
    await expectError(
      (async () => {
        for await (const _ of video.frames([0, 4, 9], { signal: controller.signal })) controller.abort();
      })(),
      "ABORTED",
    );
    await video.close();

    // The packets come first in this file.
    const damaged = VP9.bytes.slice().fill(0xff, 48, 300);
    await expectError((await webMedia.openVideo(damaged)).frame(0), "VIDEO_INVALID", ["the browser"]);
    await vi.waitFor(() => expect(open).toMatchObject({ frames: 0, decoders: 0 }));
    expect(open.made).toBeGreaterThan(0);
  });
});

it("videos and animations are decoded in a worker too", async () => {
  const worker = new Worker(new URL("./video-worker.ts", import.meta.url), { type: "module" });
  for (const { bytes, sha256: expected } of [H264, clip("GIF")]) {
    const answer = new Promise((resolve) => {
      worker.onmessage = ({ data }) => resolve(data);
    });
    worker.postMessage({ video: new Blob([bytes]), indices: [2, 0] });
    expect(await answer).toEqual([expected[2], expected[0]]);
  }
  worker.terminate();
});

describe("animations that are damaged", () => {
  it("in one frame give the others", async () => {
    const { bytes, sha256: expected } = clip("lossless WebP");
    const text = String.fromCharCode(...bytes);
    const damaged = bytes.slice();
    // The data of the last frame, behind its header, which the browser reads when it opens the file.
    damaged.fill(0xff, text.lastIndexOf("VP8L") + 13);
    const video = await webMedia.openVideo(damaged);
    expect(await read(video, [0, 1, 2])).toEqual(expected.slice(0, 3));
    await expectError(video.frame(3), "VIDEO_INVALID", ["damaged"]);
    await video.close();
  });

  it("in their only frame are no pictures but videos", async () => {
    const { bytes } = clip("WebP of one frame");
    await expectError(webMedia.openVideo(bytes.slice().fill(0, 20)), "VIDEO_INVALID", ["damaged"]);
    const video = await webMedia.openVideo(bytes.slice().fill(0xff, 30));
    await expectError(video.frame(0), "VIDEO_INVALID", ["damaged"]);
  });

  it("in their blocks are not opened", async () => {
    const { bytes } = clip("GIF");
    await expectError(webMedia.openVideo(bytes.slice().fill(7, 13 + 3 * 2 ** ((bytes[10]! & 7) + 1))), "VIDEO_INVALID");
  });
});

describe("load_video", () => {
  it("samples as in Node, and says how far it is", async () => {
    const progress: unknown[] = [];
    const { frames, metadata } = await load_video(new Blob([H264.bytes]), {
      runtime: webRuntime,
      num_frames: 3,
      progress_callback: (info) => progress.push([info.loaded, info.total]),
    });
    expect(metadata.frames_indices).toEqual([0, 5, 10]);
    expect(await Promise.all(frames.map(({ data }: RawImage) => sha256(data)))).toEqual(
      [0, 5, 10].map((index) => H264.sha256[index]),
    );
    expect(progress).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ]);
  });

  it("takes a list of pictures", async () => {
    const picture = new URL("../../runtime-node/test/fixtures/images/s_1bit.png", import.meta.url);
    const { frames, metadata } = await load_video([picture, picture.href], { runtime: webRuntime });
    expect(metadata).toMatchObject({ total_num_frames: 2, fps: null, width: 130, height: 70 });
    expect(frames[1]!.data).toEqual(frames[0]!.data);
  });
});
