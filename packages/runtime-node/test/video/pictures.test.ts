import { mkdirSync, writeFileSync } from "node:fs";
import { type RawImage, yuvToRgb } from "@internvl/core";
import { nodeMedia } from "@internvl/runtime-node";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Clips } from "./clips.js";

let clips: Clips;
beforeAll(() => {
  clips = new Clips();
});
afterAll(() => clips.remove());

/** `count` frames of 12 x 8 pixels below each other, no two alike. */
function pixels(count: number, channels: 3 | 4 = 3): Uint8Array {
  return Uint8Array.from(
    { length: 12 * 8 * channels * count },
    (_, at) => (at * 7 + (at >> 5) * 11 + (at >> 9) * 29) & 255,
  );
}

async function all(path: string | Uint8Array, alpha?: "drop"): Promise<RawImage[]> {
  const video = await nodeMedia.openVideo(path, { alpha });
  const frames: RawImage[] = [];
  for await (const frame of video.frames(Array.from({ length: video.metadata.total_num_frames }, (_, at) => at)))
    frames.push(frame);
  await video.close();
  return frames;
}

describe("animations", () => {
  const webp = (bytes: Uint8Array, channels: 3 | 4, options: object): Promise<Uint8Array> =>
    sharp(bytes, { raw: { width: 12, height: bytes.length / (12 * channels), channels, pageHeight: 8 } })
      .webp({ lossless: true, exact: true, ...options })
      .toBuffer();

  test("WebP has times and exact pixels", async () => {
    const raw = pixels(3);
    const bytes = await webp(raw, 3, { delay: [100, 200, 300] });
    const video = await nodeMedia.openVideo(bytes);
    expect(video.metadata).toEqual({ total_num_frames: 3, fps: 5, width: 12, height: 8, duration: 0.6 });
    const frames = await all(bytes);
    for (const [index, frame] of frames.entries()) {
      expect([...frame.data], `frame ${index}`).toEqual([...raw.subarray(index * 288, (index + 1) * 288)]);
    }
  });

  test("transparency is laid on white or dropped", async () => {
    const raw = pixels(2, 4).map((value, at) => (at % 4 === 3 ? (at % 8 === 3 ? 255 : 0) : value));
    const bytes = await webp(raw, 4, { delay: [100, 100] });
    const [, second] = await all(bytes);
    const [, dropped] = await all(bytes, "drop");
    const own = raw.subarray(12 * 8 * 4);
    const colours = (transparent: (value: number) => number): number[] =>
      [...own].flatMap((value, at) =>
        at % 4 === 3 ? [] : [own[at - (at % 4) + 3] === 0 ? transparent(value) : value],
      );
    expect([...second!.data]).toEqual(colours(() => 255));
    expect(dropped!.channels).toBe(3);
  });

  test("GIF shows what earlier frames left", async () => {
    clips.ffmpeg("-f", "lavfi", "-i", "testsrc2=size=98x54:rate=10:duration=2", "a.gif");
    const rgb = clips.ffmpeg("-i", "a.gif", "-vsync", "passthrough", "-f", "rawvideo", "-pix_fmt", "rgb24", "-");
    const frames = await all(clips.path("a.gif"));
    expect(frames).toHaveLength(20);
    for (const [index, frame] of frames.entries()) {
      const size = frame.data.length;
      expect(Buffer.compare(frame.data, rgb.subarray(index * size, (index + 1) * size)), `frame ${index}`).toBe(0);
    }
    const { metadata } = await nodeMedia.openVideo(clips.path("a.gif"));
    expect(metadata).toEqual({ total_num_frames: 20, fps: 10, width: 98, height: 54, duration: 2 });
  });

  test("one that is cut off", async () => {
    const bytes = await webp(pixels(3), 3, { delay: [1, 1, 1] });
    const error = await all(bytes.subarray(0, bytes.length - 60)).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "VIDEO_INVALID" });
  });
});

describe("a folder", () => {
  test("of pictures is a video, in the order of their numbers", async () => {
    mkdirSync(clips.path("frames"));
    for (const index of [1, 2, 10]) {
      const bytes = await sharp(pixels(1).fill(index), { raw: { width: 12, height: 8, channels: 3 } })
        .png()
        .toBuffer();
      writeFileSync(clips.path(`frames/${index}.png`), bytes);
    }
    writeFileSync(clips.path("frames/notes.txt"), "no picture");
    const frames = await all(clips.path("frames"));
    expect(frames.map(({ data }) => data[0])).toEqual([1, 2, 10]);
    const { metadata } = await nodeMedia.openVideo(clips.path("frames"));
    expect(metadata).toEqual({ total_num_frames: 3, fps: null, width: 12, height: 8, duration: null });
  });

  test("without pictures is none", async () => {
    mkdirSync(clips.path("empty"));
    await expect(nodeMedia.openVideo(clips.path("empty"))).rejects.toMatchObject({ code: "VIDEO_INVALID" });
  });
});

test("our conversion is near to ffmpeg's own", () => {
  clips.make("plain.mp4", "-c:v", "libx264", "-pix_fmt", "yuv420p");
  const [frame] = clips.decode("plain.mp4");
  const rgb = clips.ffmpeg(
    "-i",
    "plain.mp4",
    "-frames:v",
    "1",
    "-sws_flags",
    "neighbor+accurate_rnd",
    "-f",
    "rawvideo",
    "-pix_fmt",
    "rgb24",
    "-",
  );
  const ours = yuvToRgb(frame!, {});
  const largest = ours.data.reduce((most, value, at) => Math.max(most, Math.abs(value - rgb[at]!)), 0);
  // It calculates with integers of few bits.
  expect(largest).toBeLessThanOrEqual(3);
});
