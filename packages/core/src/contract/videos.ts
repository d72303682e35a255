import type { RawImage } from "../image.js";
import type { MediaDecoder, VideoReader, VideoSource } from "../media.js";
import { sha256 } from "../sha256.js";
import { abortedSignal, errorCode, errorOf, fromBase64, type TestApi } from "./api.js";
import { ANIMATIONS, MPEG4_PART_2, VIDEOS } from "./video-data.js";

/** A clip of the video suite and what it must decode to. */
export interface ContractVideo {
  name: string;
  base64: string;
  /** Pixels, as it is shown. */
  width: number;
  height: number;
  fps: number;
  /** Of the `height * width * 3` bytes of each frame, in the order in which they are shown. */
  sha256: readonly string[];
  /** The same with `alpha: "drop"`, for what is transparent. */
  dropped?: readonly string[];
}

/** Times are rounded to milliseconds in WebM, and clips last half a second. */
const FPS_ERROR = 0.1;

type MakeDecoder = () => MediaDecoder | Promise<MediaDecoder>;

/** The rules of `MediaDecoder` for videos: the same files give the same frames to the byte, on every platform. */
export function describeVideoContract(api: TestApi, makeDecoder: MakeDecoder): void {
  api.describe("contract: videos", () => {
    describeFrames(api, makeDecoder);
    describeTransparency(api, makeDecoder);
    describeSeeking(api, makeDecoder);
    describeVideoSources(api, makeDecoder);
    describeBadVideos(api, makeDecoder);
    describeStops(api, makeDecoder);
  });
}

function describeFrames({ it, expect }: TestApi, makeDecoder: MakeDecoder): void {
  for (const { name, base64, width, height, fps, sha256: expected } of [...VIDEOS, ...ANIMATIONS]) {
    it(`gives every frame of ${name}`, async () => {
      const video = await (await makeDecoder()).openVideo(fromBase64(base64));
      const { metadata } = video;
      const frames = await read(video, [...expected.keys()]);
      await video.close();
      expect([metadata.total_num_frames, metadata.width, metadata.height]).toEqual([expected.length, width, height]);
      expect(Math.abs((metadata.fps ?? 0) - fps) < FPS_ERROR).toBe(true);
      expect(Math.abs((metadata.duration ?? 0) * fps - expected.length) < 1).toBe(true);
      expect(frames.map((frame) => [frame.channels, ...frame.size])).toEqual(expected.map(() => [3, width, height]));
      expect(await hashes(frames)).toEqual([...expected]);
    });
  }
}

function describeTransparency({ it, expect }: TestApi, makeDecoder: MakeDecoder): void {
  for (const { name, base64, dropped } of ANIMATIONS) {
    if (dropped === undefined) continue;
    it(`drops the transparency of ${name}`, async () => {
      const video = await (await makeDecoder()).openVideo(fromBase64(base64), { alpha: "drop" });
      expect(await hashes(await read(video, [...dropped.keys()]))).toEqual([...dropped]);
      await video.close();
    });
  }
}

function describeSeeking({ it, expect }: TestApi, makeDecoder: MakeDecoder): void {
  for (const name of ["H.264 in MP4", "H.264 with open groups of pictures", "VP9 in WebM", "GIF with disposal"]) {
    it(`finds single frames of ${name}, in any order`, async () => {
      const { base64, sha256: expected } = videoNamed(name);
      const last = expected.length - 1;
      const indices = [1, 1, last, 0, 2, last - 1, 3];
      const video = await (await makeDecoder()).openVideo(fromBase64(base64));
      expect(await hashes(await read(video, indices))).toEqual(indices.map((index) => expected[index]));
      expect(await hashes([await video.frame(last), await video.frame(2)])).toEqual([expected[last], expected[2]]);
      await video.close();
    });
  }

  it("refuses indices that are none", async () => {
    const { base64, sha256: expected } = videoNamed("H.264 in MP4");
    const video = await (await makeDecoder()).openVideo(fromBase64(base64));
    for (const index of [-1, expected.length, 0.5, Number.NaN]) {
      expect(await errorCode(video.frame(index))).toBe("INPUT_INVALID");
      expect(await errorCode(read(video, [0, index]))).toBe("INPUT_INVALID");
    }
    await video.close();
  });
}

function describeVideoSources({ it, expect }: TestApi, makeDecoder: MakeDecoder): void {
  for (const name of ["H.264 in MP4", "lossless WebP"]) {
    const { base64, sha256: expected } = videoNamed(name);
    const bytes = new Uint8Array(fromBase64(base64));
    const sources: Readonly<Record<string, () => VideoSource>> = {
      "an ArrayBuffer": () => bytes.slice().buffer,
      "a Blob without a type": () => new Blob([bytes]),
      "a File with a wrong name": () => new File([bytes], "film.txt"),
      "a data URL": () => `data:application/octet-stream;base64,${base64}`,
    };
    for (const [kind, make] of Object.entries(sources)) {
      it(`reads ${name} from ${kind}`, async () => {
        const video = await (await makeDecoder()).openVideo(make());
        expect(await hashes([await video.frame(1)])).toEqual([expected[1]]);
        await video.close();
      });
    }
  }
}

function describeBadVideos({ it, expect }: TestApi, makeDecoder: MakeDecoder): void {
  const half = (name: string): Uint8Array => {
    const bytes = fromBase64(videoNamed(name).base64);
    return bytes.subarray(0, Math.floor(bytes.length * 0.6));
  };

  const none: Readonly<Record<string, () => unknown>> = {
    text: () => new TextEncoder().encode("Dear reader, this is no video."),
    "an empty file": () => new Uint8Array(),
    "a header alone": () => fromBase64(videoNamed("H.264 in MP4").base64).subarray(0, 100),
    "an MP4 whose index, at the end, is cut off": () => half("VP9 in MP4"),
    "a data URL that is none": () => "data:video/mp4;base64,*",
    "a number": () => 7,
  };
  for (const [kind, make] of Object.entries(none)) {
    it(`refuses ${kind}`, async () => {
      const media = await makeDecoder();
      expect(await errorCode(media.openVideo(make() as VideoSource))).toBe("VIDEO_INVALID");
    });
  }

  it("names a codec that it does not know, and says what to do", async () => {
    const media = await makeDecoder();
    const error = await errorOf(media.openVideo(fromBase64(MPEG4_PART_2)));
    expect(error.code).toBe("UNSUPPORTED");
    expect(error.message.includes("mp4v")).toBe(true);
    expect(error.message.includes("ffmpeg -i")).toBe(true);
  });

  it("gives what is there of a file that is cut off, and says what is not", async () => {
    const { sha256: expected } = videoNamed("H.264 in MP4");
    const video = await (await makeDecoder()).openVideo(half("H.264 in MP4"));
    expect(await hashes([await video.frame(1)])).toEqual([expected[1]]);
    const error = await errorOf(video.frame(expected.length - 1));
    expect([error.code, error.message.includes("cut off")]).toEqual(["VIDEO_INVALID", true]);
    await video.close();
  });

  for (const { name } of ANIMATIONS) {
    it(`refuses the missing frames of a ${name} that is cut off`, async () => {
      const media = await makeDecoder();
      const { sha256: expected } = videoNamed(name);
      const reading = media.openVideo(half(name)).then((video) => video.frame(expected.length - 1));
      // Where only some frames are found, the last is none of them.
      expect(["VIDEO_INVALID", "INPUT_INVALID"].includes(await errorCode(reading))).toBe(true);
    });
  }

  it("obeys max_pixels", async () => {
    const media = await makeDecoder();
    for (const name of ["VP9 in WebM", "GIF"]) {
      const { base64, width, height } = videoNamed(name);
      const video = await media.openVideo(fromBase64(base64), { max_pixels: width * height });
      await video.close();
      const opening = media.openVideo(fromBase64(base64), { max_pixels: width * height - 1 });
      expect(await errorCode(opening)).toBe("IMAGE_TOO_LARGE");
    }
  });
}

function describeStops({ it, expect }: TestApi, makeDecoder: MakeDecoder): void {
  for (const name of ["H.264 in MP4", "GIF"]) {
    const { base64, sha256: expected } = videoNamed(name);

    it(`does not open ${name} when the signal was aborted`, async () => {
      const media = await makeDecoder();
      expect(await errorCode(media.openVideo(fromBase64(base64), { signal: abortedSignal() }))).toBe("ABORTED");
    });

    it(`stops in the middle of ${name}, and can be read afterwards`, async () => {
      const video = await (await makeDecoder()).openVideo(fromBase64(base64));
      const controller = new AbortController();
      let frames = 0;
      const reading = (async () => {
        for await (const _ of video.frames([...expected.keys()], { signal: controller.signal })) {
          frames++;
          controller.abort();
        }
      })();
      expect(await errorCode(reading)).toBe("ABORTED");
      expect(frames).toBe(1);
      expect(await hashes([await video.frame(2)])).toEqual([expected[2]]);
      await video.close();
    });
  }
}

async function read(video: VideoReader, indices: readonly number[]): Promise<RawImage[]> {
  const frames: RawImage[] = [];
  for await (const frame of video.frames(indices)) frames.push(frame);
  return frames;
}

function hashes(frames: readonly RawImage[]): Promise<string[]> {
  return Promise.all(frames.map(({ data }) => sha256(data)));
}

function videoNamed(name: string): ContractVideo {
  const video = [...VIDEOS, ...ANIMATIONS].find((candidate) => candidate.name === name);
  if (video === undefined) throw new Error(`There is no video ${name} in the contract's data`);
  return video;
}
