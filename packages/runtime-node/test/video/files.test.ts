import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type RawImage, type VideoBackend, type VideoSource, yuvToRgb } from "@internvl/core";
import { nodeMedia } from "@internvl/runtime-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Clips } from "./clips.js";

const BACKENDS: readonly VideoBackend[] = ["webcodecs", "ffmpeg"];
const H264 = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "30", "-bf", "3"];
/** Against hanging, in milliseconds. */
const TIMEOUT = 120_000;

let clips: Clips;
beforeAll(() => {
  clips = new Clips();
  clips.make("plain.mp4", ...H264, "-movflags", "faststart");
}, TIMEOUT);
afterAll(() => clips.remove());

async function framesOf(source: VideoSource, indices: number[], backend?: VideoBackend): Promise<RawImage[]> {
  const video = await nodeMedia.openVideo(source, { backend });
  const frames: RawImage[] = [];
  for await (const frame of video.frames(indices)) frames.push(frame);
  await video.close();
  return frames;
}

/** Whether two pictures are the same; a message with all their bytes would take minutes. */
function expectSame(got: RawImage, expected: RawImage): void {
  expect({ width: got.width, height: got.height }).toEqual({ width: expected.width, height: expected.height });
  expect(Buffer.compare(got.data, expected.data)).toBe(0);
}

function failure(promise: Promise<unknown>): Promise<{ code: string; message: string }> {
  return promise.then(
    () => expect.fail("no error"),
    (error) => error,
  );
}

describe("where a video comes from", () => {
  let server: Server;
  let address: string;
  const ranges: (string | undefined)[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => {
      const bytes = readFileSync(clips.path("plain.mp4"));
      if (request.url === "/missing.mp4") return response.writeHead(404).end();
      const [, from, to] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? "") ?? [];
      ranges.push(request.headers.range);
      if (from === undefined) return response.writeHead(200, { "content-length": bytes.length }).end(bytes);
      const end = to === "" ? bytes.length - 1 : Math.min(Number(to), bytes.length - 1);
      const head = { "content-range": `bytes ${from}-${end}/${bytes.length}`, "accept-ranges": "bytes" };
      return response.writeHead(206, head).end(bytes.subarray(Number(from), end + 1));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());

  test(
    "does not matter",
    async () => {
      const path = clips.path("plain.mp4");
      const bytes = new Uint8Array(readFileSync(path));
      const expected = await framesOf(path, [3, 70]);
      expect(expected).toHaveLength(2);
      const sources = [
        bytes,
        bytes.slice().buffer,
        new Blob([bytes]),
        new File([bytes], "x.mp4"),
        new URL(`file://${path}`),
        `${address}/a.mp4`,
      ];
      for (const source of sources) expect(await framesOf(source, [3, 70])).toEqual(expected);
      expect(ranges.some((range) => range !== undefined)).toBe(true);
    },
    TIMEOUT,
  );

  test("an address without a video", async () => {
    expect((await failure(nodeMedia.openVideo(`${address}/missing.mp4`))).code).toBe("FILE_NOT_FOUND");
  });
});

describe.each(BACKENDS)("%s", (backend) => {
  test(
    "planes stay as they are coded: BT.709, full range, without a colr box too",
    async () => {
      const colours = [
        "-colorspace",
        "bt709",
        "-color_range",
        "pc",
        "-color_primaries",
        "bt709",
        "-color_trc",
        "bt709",
      ];
      clips.make("full.mp4", ...H264, "-vf", "format=yuvj420p", ...colours, "-movflags", "-write_colr");
      const expected = clips.decode("full.mp4")[40]!;
      const [frame] = await framesOf(clips.path("full.mp4"), [40], backend);
      expect(frame).toEqual(yuvToRgb(expected, { matrix: "bt709", fullRange: true }));
      expect(frame).not.toEqual(yuvToRgb(expected, {}));
    },
    TIMEOUT,
  );

  test.each([
    ["90", "transpose=clock"],
    ["180", "hflip,vflip"],
    ["270", "transpose=cclock"],
  ])(
    "a rotation of %s degrees is applied",
    async (degrees, filter) => {
      clips.ffmpeg("-i", "plain.mp4", "-c", "copy", "-metadata:s:v", `rotate=${360 - Number(degrees)}`, "turned.mp4");
      const [width, height] = degrees === "180" ? [98, 54] : [54, 98];
      const video = await nodeMedia.openVideo(clips.path("turned.mp4"), { backend });
      expect(video.metadata).toMatchObject({ width, height, total_num_frames: 100 });
      const frame = await video.frame(12);
      await video.close();
      // ffmpeg turns RGB that we made, so that nothing but the turn is compared.
      const [plain] = await framesOf(clips.path("plain.mp4"), [12], backend);
      writeFileSync(clips.path("plain.rgb"), plain!.data);
      const raw = ["-f", "rawvideo", "-pix_fmt", "rgb24"];
      const turned = clips.ffmpeg(...raw, "-s", "98x54", "-i", "plain.rgb", "-vf", filter, ...raw, "-");
      expect({ width: frame.width, height: frame.height }).toEqual({ width, height });
      expect(Buffer.compare(frame.data, turned)).toBe(0);
    },
    TIMEOUT,
  );

  test(
    "a variable frame rate is counted, not guessed",
    async () => {
      clips.make("variable.mp4", "-vf", "select='not(mod(n,5))+lt(n,40)'", "-vsync", "vfr", ...H264);
      const expected = clips.decode("variable.mp4");
      const video = await nodeMedia.openVideo(clips.path("variable.mp4"), { backend });
      expect(video.metadata.total_num_frames).toBe(expected.length);
      expect(expected.length).toBe(52);
      // 52 frames in as much time as the last one's beginning (95 / 25) and its length.
      expect(video.metadata.fps).toBeCloseTo(51 / (95 / 25), 1);
      for (const index of [0, 39, 40, 51]) expectSame(await video.frame(index), yuvToRgb(expected[index]!, {}));
      await video.close();
    },
    TIMEOUT,
  );

  test(
    "frames in front of the first key frame are left out",
    async () => {
      clips.ffmpeg("-i", "plain.mp4", "-c", "copy", "-bsf:v", "noise=drop=not(n)", "late.mkv");
      const video = await nodeMedia.openVideo(clips.path("late.mkv"), { backend });
      expect(video.metadata.total_num_frames).toBe(70);
      const expected = yuvToRgb(clips.decode("plain.mp4")[30]!, {});
      expectSame(await video.frame(0), expected);
      await video.close();
    },
    TIMEOUT,
  );

  test(
    "a header without a duration and without an index",
    async () => {
      const webm = clips.ffmpeg("-i", "plain.mp4", "-c:v", "libvpx-vp9", "-g", "30", "-f", "webm", "-live", "1", "-");
      const fragments = clips.ffmpeg(
        "-i",
        "plain.mp4",
        "-c",
        "copy",
        "-f",
        "mp4",
        "-movflags",
        "frag_keyframe+empty_moov",
        "-",
      );
      for (const [name, bytes] of Object.entries({ "live.webm": webm, "fragments.mp4": fragments })) {
        writeFileSync(clips.path(name), bytes);
        const expected = clips.decode(name);
        const video = await nodeMedia.openVideo(clips.path(name), { backend });
        expect(video.metadata).toMatchObject({ total_num_frames: 100, fps: 25 });
        expect(video.metadata.duration).toBeCloseTo(4, 1);
        expectSame(await video.frame(77), yuvToRgb(expected[77]!, {}));
        await video.close();
      }
    },
    TIMEOUT,
  );

  test(
    "a group of pictures longer than Matroska's clusters",
    async () => {
      clips.ffmpeg(
        "-f",
        "lavfi",
        "-i",
        "testsrc2=size=32x32:rate=100:duration=12",
        "-c:v",
        "libx264",
        "-pix_fmt",
        "yuv420p",
        "-g",
        "2000",
        "-sc_threshold",
        "0",
        "long.mp4",
      );
      const expected = clips.decode("long.mp4", 32, 32);
      const got = await framesOf(clips.path("long.mp4"), [0, 1199], backend);
      for (const [at, index] of [0, 1199].entries()) expectSame(got[at]!, yuvToRgb(expected[index]!, {}));
    },
    TIMEOUT,
  );

  test(
    "a file that is cut in the middle gives what is there and says what is not",
    async () => {
      clips.ffmpeg("-i", "plain.mp4", "-c", "copy", "-movflags", "faststart", "cut.mp4");
      truncateSync(clips.path("cut.mp4"), Math.floor(readFileSync(clips.path("cut.mp4")).length / 2));
      const video = await nodeMedia.openVideo(clips.path("cut.mp4"), { backend });
      expectSame(await video.frame(5), yuvToRgb(clips.decode("plain.mp4")[5]!, {}));
      expect(await failure(video.frame(99))).toMatchObject({
        code: "VIDEO_INVALID",
        message: expect.stringContaining("cut off"),
      });
      await video.close();
    },
    TIMEOUT,
  );

  test(
    "an aborted read",
    async () => {
      const video = await nodeMedia.openVideo(clips.path("plain.mp4"), { backend });
      const controller = new AbortController();
      const reading = (async () => {
        for await (const _ of video.frames([0, 50, 99], { signal: controller.signal })) controller.abort();
      })();
      expect((await failure(reading)).code).toBe("ABORTED");
      await video.close();
    },
    TIMEOUT,
  );
});

test(
  "VP8's hidden frames are not counted",
  async () => {
    // Only the second of two passes hides frames.
    const encoding = ["-c:v", "libvpx", "-g", "60", "-auto-alt-ref", "1", "-lag-in-frames", "16", "-b:v", "200k"];
    for (const pass of ["1", "2"]) clips.make("altref.webm", ...encoding, "-pass", pass);
    const packets = clips.ffmpeg("-i", "altref.webm", "-c", "copy", "-f", "framecrc", "-").toString().split("\n");
    const expected = clips.decode("altref.webm");
    expect(packets.filter((line) => /^0,/.test(line)).length).toBeGreaterThan(expected.length);
    const video = await nodeMedia.openVideo(clips.path("altref.webm"));
    expect(video.metadata.total_num_frames).toBe(expected.length);
    for (const index of [0, 31, 65, 99]) expectSame(await video.frame(index), yuvToRgb(expected[index]!, {}));
  },
  TIMEOUT,
);

test(
  "10 bits and 4:4:4 are decoded by ffmpeg",
  async () => {
    for (const format of ["yuv420p10le", "yuv444p"]) {
      clips.make("deep.mp4", "-c:v", "libx264", "-pix_fmt", format);
      const [frame] = await framesOf(clips.path("deep.mp4"), [9]);
      // Near to ffmpeg's own conversion, which rounds otherwise.
      const rgb = clips.ffmpeg(
        "-i",
        "deep.mp4",
        "-vf",
        "select=eq(n\\,9)",
        "-sws_flags",
        "accurate_rnd+neighbor",
        "-f",
        "rawvideo",
        "-pix_fmt",
        "rgb24",
        "-",
      );
      const largest = frame!.data.reduce((most, value, at) => Math.max(most, Math.abs(value - rgb[at]!)), 0);
      expect(largest, format).toBeLessThanOrEqual(3);
    }
  },
  TIMEOUT,
);

describe("bad input is refused", () => {
  test.each<[string, () => VideoSource, string, string]>([
    ["sound alone", () => made("sound.mp4", "-f", "lavfi", "-i", "sine=d=1"), "VIDEO_INVALID", "no video track"],
    ["a codec that is not known", () => made("old.mp4", "-i", "plain.mp4", "-c:v", "mpeg4"), "UNSUPPORTED", "mp4v"],
    [
      "a container that is not known",
      () => made("old.avi", "-i", "plain.mp4", "-c:v", "mpeg4"),
      "VIDEO_INVALID",
      "old.avi",
    ],
    ["text", () => new TextEncoder().encode("no video at all"), "VIDEO_INVALID", "cannot be read"],
    ["nothing", () => new Uint8Array(0), "VIDEO_INVALID", "cannot be read"],
    [
      "a header without its index",
      () => new Uint8Array(readFileSync(clips.path("plain.mp4")).subarray(0, 200)),
      "VIDEO_INVALID",
      "",
    ],
    [
      "zero frames",
      () => made("none.mp4", "-i", "plain.mp4", "-c", "copy", "-frames:v", "0", "-movflags", "empty_moov"),
      "VIDEO_INVALID",
      "",
    ],
    ["a path to nothing", () => clips.path("nowhere.mp4"), "FILE_NOT_FOUND", "no file"],
    ["a number", () => 7 as never, "VIDEO_INVALID", "number"],
  ])(
    "%s",
    async (_, source, code, message) => {
      const error = await failure(nodeMedia.openVideo(source()));
      expect(error.code).toBe(code);
      expect(error.message).toContain(message);
    },
    TIMEOUT,
  );

  function made(name: string, ...args: string[]): string {
    clips.ffmpeg(...args, name);
    return clips.path(name);
  }

  test("a frame that there is not", async () => {
    const video = await nodeMedia.openVideo(clips.path("plain.mp4"));
    for (const index of [-1, 100, 0.5]) expect((await failure(video.frame(index))).code).toBe("INPUT_INVALID");
  });

  test("a frame that is too large", async () => {
    const error = await failure(nodeMedia.openVideo(clips.path("plain.mp4"), { max_pixels: 5000 }));
    expect(error.code).toBe("IMAGE_TOO_LARGE");
  });

  test(
    "no decoder, with both remedies",
    async () => {
      clips.make("ten.mp4", "-c:v", "libx264", "-pix_fmt", "yuv420p10le");
      const error = await failure(nodeMedia.openVideo(clips.path("ten.mp4"), { backend: "webcodecs" }));
      expect(error.code).toBe("UNSUPPORTED");
      expect(error.message).toContain("npm install node-webcodecs");
      expect(error.message).toContain("apt-get install ffmpeg");
    },
    TIMEOUT,
  );
});
