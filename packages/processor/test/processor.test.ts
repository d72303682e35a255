import { type ImageSource, MemoryFolder, RawImage, type Runtime, Tensor } from "@internvl/core";
import { InternVL2_5ImageProcessor } from "@internvl/image-processor";
import { CHAT_TEMPLATES, InternVL2_5Processor, InternVLProcessor, Qwen2Tokenizer } from "@internvl/processor";
import { beforeAll, describe, expect, test } from "vitest";
import { type Files, failure, fixture, tinyTokenizerFiles } from "./fixtures.js";

// One tile is 28 x 28 pixels, 2 x 2 patches, one token: prompts stay readable.
const image_processor = new InternVL2_5ImageProcessor({ size: 28, dynamic_size: 28 });
let tokenizer: Qwen2Tokenizer;
let processor: InternVL2_5Processor;
beforeAll(async () => {
  tokenizer = await Qwen2Tokenizer.from_pretrained(new MemoryFolder(tinyTokenizerFiles()));
  processor = new InternVL2_5Processor(image_processor, tokenizer);
});

/** A grey picture; 28 x 28 is one tile, 56 x 28 two and a thumbnail. */
function picture(width = 28, height = 28, grey = 128): RawImage {
  return new RawImage(new Uint8Array(width * height * 3).fill(grey), width, height, 3);
}
const image = (tokens: number): string => `<img>${"<IMG_CONTEXT>".repeat(tokens)}</img>`;
const [one, wide] = [picture(), picture(56, 28)];

describe("placeholders", () => {
  test("become the tokens of their pictures, in order over the batch", async () => {
    const text = ["a <image> b <image>", "<image>c"];
    const { input_ids, num_patches, pixel_values } = await processor({ text, images: [one, wide, one] });
    expect(num_patches).toEqual([1, 3, 1]);
    expect(pixel_values!.dims).toEqual([5, 3, 28, 28]);
    expect(pixel_values!.type).toBe("float32");
    expect(input_ids.map((ids) => processor.decode(ids))).toEqual([`a ${image(1)} b ${image(3)}`, `${image(1)}c`]);
    expect(text).toEqual(["a <image> b <image>", "<image>c"]);
  });

  test("may be <IMG_CONTEXT>, as in merged Transformers", async () => {
    const { input_ids } = await processor({ text: "x<IMG_CONTEXT>y", images: wide });
    expect(processor.decode(input_ids[0]!)).toBe(`x${image(3)}y`);
  });

  test("of merged Transformers have its ids", async () => {
    interface Golden {
      image_size: number;
      cases: {
        name: string;
        text: string | string[];
        kwargs: object;
        image_sizes: [number, number][];
        input_ids: number[][];
        attention_mask: number[][];
      }[];
    }
    const golden = fixture<Golden>("hf-processor.json");
    const size = golden.image_size;
    const merged = new InternVLProcessor(new InternVL2_5ImageProcessor({ size, dynamic_size: size }), tokenizer);
    expect(golden.cases.length).toBe(4);
    for (const { name, text, kwargs, image_sizes, input_ids, attention_mask } of golden.cases) {
      const images = image_sizes.map(([width, height]) => picture(width, height));
      const outputs = await merged({ text, images, ...kwargs });
      expect(outputs.input_ids, name).toEqual(input_ids);
      expect(outputs.attention_mask, name).toEqual(attention_mask);
    }
  });

  test("a prompt that is expanded already is left alone", async () => {
    const { input_ids } = await processor({ text: image(2) });
    expect(input_ids).toEqual([[442, 444, 444, 443]]);
  });
});

describe("images", () => {
  test("in one list for each text", async () => {
    const { num_patches } = await processor({
      text: ["<image>", "no picture", "<image>"],
      images: [[one], [], [wide]],
    });
    expect(num_patches).toEqual([1, 3]);
  });

  test("come from any source, through the runtime", async () => {
    const sources: unknown[] = [];
    const decodeImage = async (source: ImageSource, options?: object): Promise<RawImage> => {
      sources.push([source, options]);
      return wide;
    };
    const runtime = { media: { decodeImage } } as unknown as Runtime;
    const { num_patches } = await processor({
      text: "<image>",
      images: "photo.jpg",
      images_kwargs: { exif: "ignore" },
      runtime,
    });
    expect(num_patches).toEqual([3]);
    expect(sources).toEqual([["photo.jpg", expect.objectContaining({ exif: "ignore", alpha: "composite" })]]);
  });

  test("take settings for one call, directly or as images_kwargs", async () => {
    const call = { text: "<image>", images: wide };
    expect((await processor({ ...call, max_patches: 1 })).num_patches).toEqual([1]);
    expect((await processor({ ...call, images_kwargs: { use_thumbnail: false } })).num_patches).toEqual([2]);
  });

  test("cost what get_num_multimodal_tokens says", () => {
    const sizes = [
      [28, 28],
      [28, 56],
    ] as const;
    expect(processor.get_num_multimodal_tokens(sizes)).toEqual({ num_image_patches: [1, 3], num_image_tokens: [3, 5] });
    expect(processor.get_num_multimodal_tokens(sizes, { max_tiles: 1 }).num_image_tokens).toEqual([3, 3]);
  });
});

describe("text options", () => {
  test("padding is on the left", async () => {
    const { input_ids, attention_mask } = await processor({ text: ["<image>", "a"], images: one, padding: true });
    expect(input_ids).toEqual([
      [442, 444, 443],
      [420, 420, 64],
    ]);
    expect(attention_mask).toEqual([
      [1, 1, 1],
      [0, 0, 1],
    ]);
  });

  test("text_kwargs go before", async () => {
    const text_kwargs = { padding_side: "right" } as const;
    const { input_ids } = await processor({ text: ["<image>", "a"], images: one, padding: true, text_kwargs });
    expect(input_ids[1]).toEqual([64, 420, 420]);
  });

  test("tensors are int64", async () => {
    const { input_ids, attention_mask } = await processor({ text: "<image>", images: one, return_tensors: "ort" });
    expect(input_ids).toBeInstanceOf(Tensor);
    expect([input_ids.dims, Array.from(input_ids.data as BigInt64Array)]).toEqual([
      [1, 3],
      [442n, 444n, 443n],
    ]);
    expect(attention_mask.type).toBe("int64");
  });

  test("truncation cuts text behind the pictures", async () => {
    const { input_ids } = await processor({ text: "<image>aaaa", images: one, truncation: true, max_length: 4 });
    expect(input_ids).toEqual([[442, 444, 443, 64]]);
  });

  test("truncation never cuts a picture", async () => {
    const call = processor({ text: "aa<image>a", images: wide, truncation: true, max_length: 4 });
    const error = await failure(() => call);
    expect(error.code).toBe("PROMPT_TOO_LONG");
    expect(error.message).toContain("at most 4 tokens up to the end of the last picture, got 7 of 8 tokens");
    expect(error.message).toContain("fewer tiles");
  });
});

describe("calls that cannot be", () => {
  test.each([
    ["no text", {}, "needs a text"],
    ["no texts", { text: [] }, "a list of 0"],
    [
      "fewer images",
      { text: "<image><image>", images: one },
      "Expected 2 images for 2 <image> placeholders, got 1 images",
    ],
    [
      "more images",
      { text: ["<image>", "a"], images: [one, one] },
      "Expected 1 images for 1 <image> placeholders, got 2 images",
    ],
    ["no images", { text: "<image>" }, "Expected 1 images for 1 <image> placeholders, got 0 images"],
    ["images of another text", { text: ["<image>", ""], images: [[], [one]] }, "in text[0]"],
    ["too few lists", { text: ["<image>", ""], images: [[one]] }, "Expected 2 lists, got 1"],
    ["lists and pictures", { text: "<image><image>", images: [one, [one]] }, "mixes pictures and lists"],
    ["a number", { text: "<image>", images: [7] }, "images[0] is not a picture"],
    ["both placeholders", { text: "<image><IMG_CONTEXT>", images: [one] }, "holds both"],
    ["half a character", { text: "\udc00" }, "is not Unicode"],
    ["a misspelt setting", { text: "<image>", images: one, max_tilez: 3 }, "max_tilez"],
  ])("%s", async (_, inputs, message) => {
    const error = await failure(() => processor(inputs as never));
    expect(error.code).toBe("INPUT_INVALID");
    expect(error.message).toContain(message);
  });

  test("aborted ones", async () => {
    const call = processor({ text: "<image>", images: one, signal: AbortSignal.abort() });
    expect((await failure(() => call)).code).toBe("ABORTED");
  });

  test("a tokenizer of a plain language model", async () => {
    const json = { added_tokens: [], model: { type: "BPE", vocab: { a: 0 }, merges: [] } };
    const plain = await Qwen2Tokenizer.from_pretrained(new MemoryFolder({ "tokenizer.json": JSON.stringify(json) }));
    const error = await failure(() => new InternVL2_5Processor(image_processor, plain));
    expect(error.code).toBe("TOKENIZER_INVALID");
    expect(error.message).toContain("no token <IMG_CONTEXT>");
  });
});

test("names and ids", () => {
  expect(processor.model_input_names).toEqual(["input_ids", "attention_mask", "pixel_values"]);
  expect([processor.start_image_token_id, processor.image_token_id, processor.end_image_token_id]).toEqual([
    442, 444, 443,
  ]);
  expect([processor.image_seq_length, processor.video_token, processor.video_token_id]).toEqual([1, "<video>", null]);
  const answers = [[...tokenizer.encode("A dog."), 422]];
  expect(processor.batch_decode(answers)).toEqual(["A dog.<|im_end|>"]);
  expect(processor.post_process_image_text_to_text(answers)).toEqual(["A dog."]);
});

describe("folders", () => {
  const original = {
    model_type: "internvl_chat",
    force_image_size: 28,
    dynamic_image_size: true,
    max_dynamic_patch: 4,
    downsample_ratio: 0.5,
    use_thumbnail: true,
  };
  const folder = (more: Files = {}): Files => ({
    ...tinyTokenizerFiles(),
    "config.json": JSON.stringify(original),
    ...more,
  });
  const open = (more?: Files, options?: object): Promise<InternVL2_5Processor> =>
    InternVL2_5Processor.from_pretrained(new MemoryFolder(folder(more)), options);
  const withTemplate = (chat_template: string): string =>
    JSON.stringify({ ...fixture<object>("tokenizer-qwen2/tokenizer_config.json"), chat_template });
  const knowing =
    "{% for m in messages %}{% for c in m.content %}{{ '<image>' if c.type == 'image' else c.text }}{% endfor %}{% endfor %}";
  const textOnly = "{% for m in messages %}{{ m.role + m.content }}{% endfor %}";

  test("an original checkpoint's is read, written, and read the same", async () => {
    const first = await open({}, { chat_template: "script" });
    const saved = new MemoryFolder();
    await first.save_pretrained(saved);
    expect(await saved.list()).toEqual([
      "chat_template.jinja",
      "preprocessor_config.json",
      "processor_config.json",
      "special_tokens_map.json",
      "tokenizer.json",
      "tokenizer_config.json",
      "video_preprocessor_config.json",
    ]);
    const second = await InternVL2_5Processor.from_pretrained(saved);
    expect(second.chat_template.text).toBe(CHAT_TEMPLATES.script);
    expect(second.image_seq_length).toBe(1);
    const call = { text: "<image>\nWhat?", images: picture(90, 40, 77) };
    expect(await second(call)).toEqual(await first(call));
    const film = { text: "<video>", videos: [picture(90, 40, 77)] };
    expect(await second(film)).toEqual(await first(film));
  });

  test.each([
    ["the default", {}, "seed"],
    [
      "chat_template.jinja",
      { "chat_template.jinja": "jinja", "tokenizer_config.json": withTemplate(knowing) },
      "chat_template.jinja of memory",
    ],
    ["processor_config.json", { "processor_config.json": '{"chat_template":"x"}' }, "processor_config.json of memory"],
    ["chat_template.json", { "chat_template.json": '{"chat_template":"x"}' }, "chat_template.json of memory"],
    ["tokenizer_config.json", { "tokenizer_config.json": withTemplate(knowing) }, "tokenizer_config.json of memory"],
    ["not a text-only template", { "tokenizer_config.json": withTemplate(textOnly) }, "seed"],
  ])("chat template from %s", async (_, more, name) => {
    expect((await open(more)).chat_template.name).toBe(name);
  });

  test("merged Transformers' processor cuts into tiles whatever its file says", async () => {
    const merged = await open({
      "config.json": '{"model_type":"internvl"}',
      "preprocessor_config.json": '{"crop_to_patches":false,"size":{"height":28,"width":28}}',
      "processor_config.json": '{"processor_class":"InternVLProcessor","image_seq_length":1}',
    });
    expect((await merged({ text: "<image>", images: wide })).num_patches).toEqual([3]);
  });
});

test("a misspelt option is refused with the nearest, without pictures too", async () => {
  const misspelt: object = { max_tile: 2 };
  for (const inputs of [{ text: "a" }, { text: "<image>", images: one }]) {
    const error = await failure(() => processor({ ...inputs, ...misspelt }));
    expect(error.code).toBe("INPUT_INVALID");
    expect(error.message).toContain('Did you mean "max_tiles"');
  }
});
