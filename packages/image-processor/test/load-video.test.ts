import type { RawImage, Runtime, VideoMetadata, VideoOptions, VideoSource } from "@internvl/core";
import { load_video, MAX_FRAMES } from "@internvl/image-processor";
import { describe, expect, test } from "vitest";
import { plainImage } from "./images.js";

const film: VideoMetadata = { total_num_frames: 300, fps: 30, width: 4, height: 2, duration: 10 };

/** A runtime with one video, whose frames have their index as red and green; notes what is asked and closed. */
function fakeRuntime(metadata: VideoMetadata = film) {
  const asked: [VideoSource, VideoOptions | undefined][] = [];
  const counts = { closed: 0 };
  const frame = (index: number): RawImage => plainImage(metadata.width, metadata.height, [index & 255, index >> 8, 0]);
  const media = {
    decodeImage: async (source: unknown) => plainImage(5, 3, [String(source).length, 0, 0]),
    async openVideo(source: VideoSource, options?: VideoOptions) {
      asked.push([source, options]);
      return {
        metadata,
        frame: async (index: number) => frame(index),
        async *frames(indices: readonly number[]) {
          for (const index of indices) yield frame(index);
        },
        async close() {
          counts.closed++;
        },
      };
    },
  };
  return { runtime: { name: "fake", media } as unknown as Runtime, asked, counts };
}
const indexOf = ({ data }: RawImage): number => data[0]! + 256 * data[1]!;

describe("load_video samples", () => {
  test.each<[string, object, number[]]>([
    // numpy.arange(n) * 300 // n, as default_sample_indices_fn of Transformers.
    ["a number of frames", { num_frames: 8 }, [0, 37, 75, 112, 150, 187, 225, 262]],
    ["frames a second", { fps: 0.5 }, [0, 60, 120, 180, 240]],
    ["at least one frame", { fps: 0.001 }, [0]],
    ["segments, as the original", { num_segments: 8 }, [18, 55, 93, 130, 168, 205, 242, 280]],
    ["segments within seconds", { num_segments: 4, bound: [2, 4] }, [67, 82, 97, 112]],
    [
      "what a function says, before all others",
      { num_frames: 2, fps: 3, sample_indices_fn: () => [299, 5, 5] },
      [299, 5, 5],
    ],
    ["all frames", {}, Array.from({ length: 300 }, (_, index) => index)],
  ])("%s", async (_, options, expected) => {
    const { runtime, counts } = fakeRuntime();
    const { frames, metadata } = await load_video("film.mp4", { runtime, ...options });
    expect(metadata).toEqual({ ...film, frames_indices: expected });
    expect(frames.map(indexOf)).toEqual(expected);
    expect(counts.closed).toBe(1);
  });

  test("pictures as frames", async () => {
    const { runtime, asked } = fakeRuntime();
    const { frames, metadata } = await load_video(["a", "bb", "ccc", "dddd"], { runtime, num_frames: 2 });
    expect(frames.map(indexOf)).toEqual([1, 3]);
    const expected = { total_num_frames: 4, fps: null, width: 5, height: 3, duration: null, frames_indices: [0, 2] };
    expect(metadata).toEqual(expected);
    expect(asked).toEqual([]);
  });
});

test("options reach the decoder, and progress the caller", async () => {
  const { runtime, asked } = fakeRuntime();
  const seen: unknown[] = [];
  await load_video("a.mp4", {
    runtime,
    num_frames: 2,
    backend: "ffmpeg",
    max_pixels: 9,
    progress_callback: (info) => seen.push(info),
  });
  expect(asked).toMatchObject([["a.mp4", { backend: "ffmpeg", max_pixels: 9 }]]);
  expect(seen).toEqual([1, 2].map((loaded) => ({ stage: "video", loaded, total: 2, unit: "frames" })));
});

describe("bad input is refused", () => {
  const large: VideoMetadata = { ...film, total_num_frames: 20_000, width: 1920, height: 1080 };
  test.each<[string, object, VideoMetadata, string]>([
    ["more frames than there are", { num_frames: 301 }, film, "Expected at most 300, got 301"],
    [
      "10,000 frames",
      { num_frames: 10_000 },
      { ...film, total_num_frames: 20_000 },
      `at most ${MAX_FRAMES}, eight times`,
    ],
    ["all frames of a long video", {}, { ...film, total_num_frames: 20_000 }, "Pass num_frames"],
    ["10,000 segments", { num_segments: 10_000 }, { ...film, total_num_frames: 20_000 }, `at most ${MAX_FRAMES}`],
    ["10,000 indices", { sample_indices_fn: () => Array(10_000).fill(0) }, film, `at most ${MAX_FRAMES}`],
    ["more than 2 GiB", { num_frames: 346 }, large, "at most 345, 2 GiB of 1920 x 1080 pixels, got 346"],
    ["several ways at once", { num_frames: 2, fps: 2 }, film, "num_frames and fps"],
    ["no frame", { num_frames: 0 }, film, "num_frames"],
    ["half a frame", { num_frames: 0.5 }, film, "num_frames"],
    ["a negative rate", { fps: -1 }, film, "fps"],
    ["a bound without segments", { bound: [0, 1] }, film, "num_segments beside it"],
    ["a bound that goes back", { bound: [2, 1], num_segments: 2 }, film, "the start first"],
    ["a bound behind the end", { bound: [20, 30], num_segments: 2 }, film, "indices from 0 to 299 (10 seconds)"],
    ["a rate of pictures", { fps: 1 }, { ...film, fps: null }, "without times"],
    ["an index that there is not", { sample_indices_fn: () => [300] }, film, "got 300"],
    ["no index", { sample_indices_fn: () => [] }, film, "got none"],
  ])("%s", async (_, options, metadata, message) => {
    const { runtime, counts, asked } = fakeRuntime(metadata);
    const error = await load_video("a.mp4", { runtime, ...options }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "INPUT_INVALID", message: expect.stringContaining(message) });
    expect(counts.closed).toBe(asked.length);
  });

  test("no pictures, and an abort", async () => {
    await expect(load_video([])).rejects.toMatchObject({ code: "VIDEO_INVALID" });
    await expect(load_video("a", { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "ABORTED" });
  });
});
