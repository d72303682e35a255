import { MemoryFolder, RawImage, type Runtime, type Tensor } from "@internvl/core";
import { InternVL2_5ImageProcessor, InternVL2_5VideoProcessor } from "@internvl/image-processor";
import { type Conversation, InternVL2_5Processor, Qwen2Tokenizer } from "@internvl/processor";
import { beforeAll, describe, expect, test } from "vitest";
import { failure, tinyTokenizerFiles } from "./fixtures.js";

const settings = { size: 28, dynamic_size: 28 };
let processor: InternVL2_5Processor;
beforeAll(async () => {
  const tokenizer = await Qwen2Tokenizer.from_pretrained(new MemoryFolder(tinyTokenizerFiles()));
  processor = new InternVL2_5Processor(new InternVL2_5ImageProcessor(settings), tokenizer);
});

function picture(grey: number, width = 28, height = 28): RawImage {
  return new RawImage(new Uint8Array(width * height * 3).fill(grey), width, height, 3);
}
const film = (...greys: number[]): RawImage[] => greys.map((grey) => picture(grey, 40, 30));
const image = (tokens: number): string => `<img>${"<IMG_CONTEXT>".repeat(tokens)}</img>`;
/** The greys of the tiles, which are plain. */
const greysOf = (pixel_values: Tensor | undefined): number[] => {
  const values = pixel_values!.data as Float32Array;
  const tiles = pixel_values!.dims[0]!;
  return Array.from({ length: tiles }, (_, tile) =>
    Math.abs(Math.round((values[(tile * values.length) / tiles]! * 0.229 + 0.485) * 255)),
  );
};

describe("<video>", () => {
  test("becomes a line a frame", async () => {
    const { input_ids, num_patches, pixel_values } = await processor({
      text: "a <video>\nb",
      videos: film(10, 20, 30),
    });
    const lines = `Frame1: ${image(1)}\nFrame2: ${image(1)}\nFrame3: ${image(1)}`;
    expect(processor.decode(input_ids[0]!)).toBe(`a ${lines}\nb`);
    expect(num_patches).toEqual([1, 1, 1]);
    expect(pixel_values!.dims).toEqual([3, 3, 28, 28]);
    expect(greysOf(pixel_values)).toEqual([10, 20, 30]);
  });

  test("and pictures lie in pixel_values as the prompts name them, over the batch", async () => {
    const { input_ids, num_patches, pixel_values } = await processor({
      text: ["<image>x<video>", "<video><image>"],
      images: [picture(1, 56, 28), picture(2)],
      videos: [film(3, 4), { frames: film(5) }],
    });
    expect(greysOf(pixel_values)).toEqual([1, 1, 1, 3, 4, 5, 2]);
    expect(num_patches).toEqual([3, 1, 1, 1, 1]);
    expect(input_ids.map((ids) => processor.decode(ids))).toEqual([
      `${image(3)}xFrame1: ${image(1)}\nFrame2: ${image(1)}`,
      `Frame1: ${image(1)}${image(1)}`,
    ]);
  });

  test("beside <IMG_CONTEXT> is merged Transformers' spelling", async () => {
    const { pixel_values } = await processor({
      text: "<video><IMG_CONTEXT>",
      images: picture(9),
      videos: [film(8, 7)],
    });
    expect(greysOf(pixel_values)).toEqual([8, 7, 9]);
  });

  test("of several texts may come as one list a text", async () => {
    const videos = [[film(1), film(2)], [film(3)]];
    const { pixel_values } = await processor({ text: ["<video><video>", "<video>"], videos });
    expect(greysOf(pixel_values)).toEqual([1, 2, 3]);
  });

  test("is sampled by the call's options, and cut into tiles by videos_kwargs alone", async () => {
    const videos = film(0, 1, 2, 3, 4, 5, 6, 7);
    expect(greysOf((await processor({ text: "<video>", videos, num_frames: 2 })).pixel_values)).toEqual([2, 6]);
    const call = { text: "<video>", videos: [[picture(5, 56, 28)]] };
    expect((await processor({ ...call, max_tiles: 4 })).num_patches).toEqual([1]);
    const videos_kwargs = { crop_to_patches: true, max_tiles: 2 };
    const { input_ids, num_patches } = await processor({ ...call, videos_kwargs });
    expect(num_patches).toEqual([3]);
    expect(processor.decode(input_ids[0]!)).toBe(`Frame1: ${image(3)}`);
  });

  test("takes sizes that stand in the call itself", async () => {
    const { pixel_values } = await processor({ text: "<video>", videos: film(1), size: 56 });
    expect(pixel_values!.dims).toEqual([1, 3, 56, 56]);
  });
});

describe("a conversation's videos", () => {
  const user = (...content: object[]): Conversation => [{ role: "user", content: content as never }];

  test("are read from its blocks, and from the list beside them where blocks name none", async () => {
    const conversation = user(
      { type: "video", video: film(1, 2) },
      { type: "video" },
      { type: "image" },
      { type: "text", text: "?" },
    );
    const options = { tokenize: true, return_dict: true, videos: [film(3)], images: [picture(4)] } as const;
    const { pixel_values, input_ids } = await processor.apply_chat_template(conversation, options);
    expect(greysOf(pixel_values)).toEqual([1, 2, 3, 4]);
    expect(processor.decode(input_ids[0]!)).toBe(
      `<|im_start|>user\nFrame1: ${image(1)}\nFrame2: ${image(1)}\nFrame1: ${image(1)}\n${image(1)}\n?<|im_end|>\n`,
    );
  });

  test("are sampled", async () => {
    const options = { tokenize: true, return_dict: true, num_frames: 1 } as const;
    const conversation = user({ type: "video", video: film(1, 2, 3) });
    expect(greysOf((await processor.apply_chat_template(conversation, options)).pixel_values)).toEqual([2]);
  });

  test("are not what a user writes, when that is escaped", async () => {
    const conversation = user({ type: "video", video: film(1) }, { type: "text", text: "<video>" });
    const options = { tokenize: true, return_dict: true, escape_special_tokens: true } as const;
    const { input_ids, num_patches } = await processor.apply_chat_template(conversation, options);
    expect(num_patches).toEqual([1]);
    expect(processor.decode(input_ids[0]!)).toContain("</img>\n<video><|im_end|>");
  });
});

describe("video files", () => {
  /** A runtime whose every video has 8 frames, grey by their index, at 2 frames a second. */
  const asked: unknown[] = [];
  const media = {
    async openVideo(source: unknown) {
      asked.push(source);
      return {
        metadata: { total_num_frames: 8, fps: 2, width: 40, height: 30, duration: 4 },
        async *frames(indices: readonly number[]) {
          for (const index of indices) yield film(index)[0]!;
        },
        async close() {},
      };
    },
  };
  const runtime = { name: "fake", media } as unknown as Runtime;

  test("are sampled as merged Transformers' processor samples, and once", async () => {
    const call = { text: "<video><video>", videos: ["a.mp4", "b.webm"], runtime };
    expect(greysOf((await processor({ ...call, num_frames: 2 })).pixel_values)).toEqual([2, 6, 2, 6]);
    expect(greysOf((await processor({ ...call, fps: 1, initial_shift: 0 })).pixel_values)).toEqual([
      0, 2, 4, 6, 0, 2, 4, 6,
    ]);
    expect(greysOf((await processor({ ...call, text: "<video>", videos: "a.mp4" })).pixel_values)).toHaveLength(8);
  });

  test("are named by blocks: path, url, video", async () => {
    asked.length = 0;
    const blocks = [{ path: "a.mp4" }, { url: "https://example.com/b.mp4" }, { video: "c.mp4" }];
    const content = blocks.map((block) => ({ type: "video", ...block }));
    const options = { tokenize: true, return_dict: true, num_frames: 1, runtime } as const;
    const { pixel_values } = await processor.apply_chat_template([{ role: "user", content }], options);
    expect(greysOf(pixel_values)).toEqual([4, 4, 4]);
    expect(asked).toEqual(["a.mp4", "https://example.com/b.mp4", "c.mp4"]);
  });
});

test("a processor of its own for videos", async () => {
  const video_processor = new InternVL2_5VideoProcessor({ ...settings, do_sample_frames: true, num_frames: 1 });
  const { image_processor, tokenizer } = processor;
  const own = new InternVL2_5Processor(image_processor, tokenizer, { video_processor });
  expect(greysOf((await own({ text: "<video>", videos: film(1, 2, 3) })).pixel_values)).toEqual([2]);
});

describe("bad input is refused", () => {
  test.each<[string, object, string]>([
    [
      "a placeholder without a video",
      { text: "<video>" },
      "Expected 1 videos for 1 <video> placeholders, got 0 videos",
    ],
    ["a video without a placeholder", { text: "?", videos: film(1) }, "got 1 videos"],
    [
      "videos of another text",
      { text: ["<video>", "<video>"], videos: [[film(1), film(2)], [film(3)]] },
      "got 2 videos",
    ],
    ["too few lists", { text: ["<video>", "?"], videos: [[film(1)]] }, "Expected 2 lists, got 1"],
    ["no video of a text", { text: "<video>", videos: [[]] }, "got 0 videos"],
    ["no frame", { text: "<video>", videos: [{ frames: [] }] }, "no frame"],
    ["a number", { text: "<video>", videos: 7 }, "videos is not a video"],
    ["a frame that is none", { text: "<video>", videos: [[7]] }, "videos[0] is not a video"],
    ["more frames than there are", { text: "<video>", videos: film(1), num_frames: 2 }, "Expected at most 1, got 2"],
    [
      "sizes that differ",
      { text: "<image><video>", images: picture(1), videos: film(1), videos_kwargs: { size: 56 } },
      "tiles of different sizes",
    ],
    ["a misspelt option", { text: "<video>", videos: film(1), videos_kwargs: { num_frame: 2 } }, "num_frame"],
  ])("%s", async (_, inputs, message) => {
    const error = await failure(() => processor(inputs as never));
    expect(error.code).toBe("INPUT_INVALID");
    expect(error.message).toContain(message);
  });
});
