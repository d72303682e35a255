import { MemoryFolder, type RawImage } from "@internvl/core";
import {
  InternVL2_5ImageProcessor,
  InternVL2_5VideoProcessor,
  InternVLVideoProcessor,
} from "@internvl/image-processor";
import { describe, expect, test } from "vitest";
import { formulaImage, plainImage } from "./images.js";

/** Frames of one size that differ from each other. */
function frames(count: number, width = 60, height = 40): RawImage[] {
  return Array.from({ length: count }, (_, index) => plainImage(width, height, [index * 20, 7, 255 - index * 20]));
}
const options = { size: 28 };
const processor = new InternVL2_5VideoProcessor(options);

/** Which frames these tiles are, by their first red value. */
function framesOf({ data }: { data: unknown }, count: number): number[] {
  const values = data as Float32Array;
  const length = values.length / count;
  return Array.from({ length: count }, (_, index) =>
    Math.abs(Math.round((values[index * length]! * 0.229 + 0.485) * 12.75)),
  );
}

describe("a video", () => {
  test("is one tile a frame, as the image processor makes it of the whole picture", async () => {
    const video = [formulaImage(90, 50), formulaImage(90, 50, 4), formulaImage(90, 50, 1)];
    const { pixel_values_videos, num_patches } = await processor(video);
    const pictures = await new InternVL2_5ImageProcessor({ ...options, crop_to_patches: false })(video);
    expect(pixel_values_videos).toHaveLength(1);
    expect(pixel_values_videos[0]).toEqual(pictures.pixel_values);
    expect(num_patches).toEqual([[1, 1, 1]]);
  });

  test("can be several, of different lengths and sizes", async () => {
    const { pixel_values_videos, num_patches } = await processor([frames(2), { frames: frames(3, 30, 90) }]);
    expect(pixel_values_videos.map(({ dims }) => dims)).toEqual([
      [2, 3, 28, 28],
      [3, 3, 28, 28],
    ]);
    expect(num_patches).toEqual([
      [1, 1],
      [1, 1, 1],
    ]);
  });

  test("is cut into tiles where that is asked for", async () => {
    const { num_patches } = await processor(frames(2, 56, 28), { crop_to_patches: true, max_tiles: 2 });
    expect(num_patches).toEqual([[3, 3]]);
  });

  test.each<[string, object, number[]]>([
    ["not, unless asked", {}, [0, 1, 2, 3, 4, 5, 6, 7]],
    ["by a number", { num_frames: 2 }, [2, 6]],
    ["by a number from the first on", { num_frames: 2, initial_shift: 0 }, [0, 4]],
    ["by a rate", { fps: 2 }, [1, 3, 5, 7]],
    ["not, when told so", { num_frames: 2, do_sample_frames: false }, [0, 1, 2, 3, 4, 5, 6, 7]],
  ])("is sampled: %s", async (_, sampling, expected) => {
    const metadata = { total_num_frames: 8, fps: 4, width: 60, height: 40, duration: 2 };
    const { pixel_values_videos } = await processor({ frames: frames(8), metadata }, sampling);
    expect(framesOf(pixel_values_videos[0]!, expected.length)).toEqual(expected);
  });

  test("is sampled by the settings, before which goes what a call says", async () => {
    const own = new InternVLVideoProcessor({ ...options, do_sample_frames: true, num_frames: 2 });
    expect(framesOf((await own(frames(8))).pixel_values_videos[0]!, 2)).toEqual([2, 6]);
    expect(framesOf((await own(frames(8), { num_frames: 1 })).pixel_values_videos[0]!, 1)).toEqual([4]);
    expect(own.sample_frames({ total_num_frames: 8 })).toEqual([2, 6]);
    expect(own.sample_frames({ total_num_frames: 8 }, 4, null, 0)).toEqual([0, 2, 4, 6]);
  });
});

describe("bad input is refused", () => {
  test.each<[string, unknown, object, string]>([
    ["a path", "a.mp4", {}, "load_video"],
    ["no video", [], {}, "an empty list"],
    ["no frame", [[]], {}, "no frame"],
    ["a frame that is a path", [[...frames(1), "b.png"]], {}, "something else at frame 1"],
    ["more frames than there are", frames(2), { num_frames: 3 }, "Expected at most 2, got 3"],
    ["a rate without metadata", frames(2), { fps: 1 }, "metadata with fps"],
    [
      "a rate of frames that are sampled already",
      { frames: frames(2), metadata: { total_num_frames: 9, fps: 3 } },
      { fps: 1 },
      "metadata with fps",
    ],
    ["half a frame", frames(2), { num_frames: 0.5 }, "num_frames"],
    ["a negative rate", frames(2), { fps: -1 }, "fps"],
    ["a negative shift", frames(2), { initial_shift: -2 }, "initial_shift"],
    ["a misspelt option", frames(2), { num_frame: 2 }, "num_frame"],
  ])("%s", async (_, videos, call, message) => {
    const error = await processor(videos as never, call).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "INPUT_INVALID", message: expect.stringContaining(message) });
  });

  test("an aborted call", async () => {
    const error = await processor(frames(2), { signal: AbortSignal.abort() }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "ABORTED" });
  });
});

describe("folders", () => {
  const merged = {
    processor_class: "InternVLProcessor",
    image_processor: { size: { height: 56, width: 56 }, crop_to_patches: true, max_patches: 6 },
    video_processor: {
      size: { height: 28, width: 28 },
      initial_shift: 3,
      do_sample_frames: true,
      return_metadata: false,
      video_processor_type: "InternVLVideoProcessor",
    },
  };
  const open = (files: Record<string, object>, own: object = {}): Promise<InternVL2_5VideoProcessor> => {
    const texts = Object.entries(files).map(([path, json]) => [path, JSON.stringify(json)]);
    return InternVL2_5VideoProcessor.from_pretrained(new MemoryFolder(Object.fromEntries(texts)), own);
  };

  test("merged Transformers'", async () => {
    const read = await open({ "processor_config.json": merged });
    expect(read.size).toEqual({ height: 28, width: 28 });
    expect([read.crop_to_patches, read.initial_shift, read.do_sample_frames]).toEqual([false, 3, true]);
    expect(read.unknown_fields).toMatchObject({ return_metadata: false });
  });

  test("the original's, whose tiles are of pictures alone", async () => {
    const config = {
      model_type: "internvl_chat",
      force_image_size: 56,
      dynamic_image_size: true,
      max_dynamic_patch: 6,
    };
    const read = await open({ "config.json": config }, { num_frames: 4 });
    expect(read.size).toEqual({ height: 56, width: 56 });
    expect([read.crop_to_patches, read.num_frames, read.do_sample_frames]).toEqual([false, 4, false]);
  });

  test("its own are read as they were written", async () => {
    const read = await open({ "processor_config.json": merged }, { num_frames: 5, fps: null });
    const saved = new MemoryFolder();
    await read.save_pretrained(saved);
    await new InternVL2_5ImageProcessor().save_pretrained(saved);
    const again = await InternVL2_5VideoProcessor.from_pretrained(saved);
    expect({ ...again.settings(), ...again.sampling() }).toEqual({ ...read.settings(), ...read.sampling() });
    expect(again.unknown_fields["return_metadata"]).toBe(false);
  });
});
