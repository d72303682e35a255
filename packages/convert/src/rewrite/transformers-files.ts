import { type FileSink, type JsonObject, MemoryFolder, readJsonObject, writeFile } from "@internvl/core";
import {
  type AddedToken,
  CONTEXT_IMAGE_TOKEN,
  END_IMAGE_TOKEN,
  IMAGE_TOKEN,
  type InternVL2_5Processor,
  START_IMAGE_TOKEN,
  VIDEO_TOKEN,
} from "@internvl/processor";
import { writeJson } from "./write-json.js";

const PROCESSOR_CLASS = "InternVLProcessor";

/** Names of tokens that `InternVLProcessor` asks its tokenizer for. */
const NAMED_TOKENS = {
  start_image_token: START_IMAGE_TOKEN,
  end_image_token: END_IMAGE_TOKEN,
  context_image_token: CONTEXT_IMAGE_TOKEN,
  video_token: VIDEO_TOKEN,
};

/**
 * The processor's files as `InternVLProcessor` of Transformers reads them: preprocessor_config.json (4.52) and the same
 * within processor_config.json (5), chat_template.jinja with `<IMG_CONTEXT>` for a picture, tokenizer.json with
 * `<video>`, tokenizer_config.json, special_tokens_map.json.
 */
export async function writeTransformersFiles(sink: FileSink, processor: InternVL2_5Processor): Promise<void> {
  const { image_processor, image_seq_length, chat_template, video_processor } = processor;
  const image = imageProcessorJson(image_processor);
  await writeJson(sink, "preprocessor_config.json", { ...image, processor_class: PROCESSOR_CLASS });
  await writeJson(sink, "processor_config.json", {
    image_processor: image,
    image_seq_length,
    processor_class: PROCESSOR_CLASS,
    video_processor: videoProcessorJson(video_processor),
  });
  // Its processor replaces the context token; <image> would stay as text.
  await writeFile(sink, "chat_template.jinja", chat_template.text.replaceAll(IMAGE_TOKEN, CONTEXT_IMAGE_TOKEN));
  await writeTokenizer(sink, processor.tokenizer);
}

/** `GotOcr2ImageProcessor`'s fields. Its `crop_to_patches` is false: the processor turns it on. */
function imageProcessorJson(image_processor: InternVL2_5Processor["image_processor"]): JsonObject {
  const { max_tiles, min_tiles, unknown_fields } = image_processor;
  return sortedByName({
    ...unknown_fields,
    ...pixelFields(image_processor),
    crop_to_patches: false,
    image_processor_type: "GotOcr2ImageProcessor",
    max_patches: max_tiles,
    min_patches: min_tiles,
  });
}

function videoProcessorJson(video_processor: InternVL2_5Processor["video_processor"]): JsonObject {
  const { do_sample_frames, fps, initial_shift, num_frames } = video_processor;
  return sortedByName({
    ...pixelFields(video_processor),
    do_sample_frames,
    ...(fps !== null && { fps }),
    initial_shift,
    ...(num_frames !== null && { num_frames }),
    return_metadata: false,
    video_processor_type: "InternVLVideoProcessor",
  });
}

/** What both processors do with the pixels of a picture. */
function pixelFields(processor: InternVL2_5Processor["image_processor" | "video_processor"]): JsonObject {
  const { do_convert_rgb, do_normalize, do_rescale, do_resize, image_mean, image_std } = processor;
  const { resample, rescale_factor, size } = processor;
  return {
    ...{ do_convert_rgb, do_normalize, do_rescale, do_resize, image_mean, image_std, resample, rescale_factor },
    size: { ...size },
  };
}

/** As Transformers writes its files. */
function sortedByName(fields: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function writeTokenizer(sink: FileSink, tokenizer: InternVL2_5Processor["tokenizer"]): Promise<void> {
  const folder = new MemoryFolder();
  await tokenizer.save_pretrained(folder);
  const json = await readJsonObject(folder, "tokenizer.json");
  const config = await readJsonObject(folder, "tokenizer_config.json");
  await writeFile(sink, "tokenizer.json", JSON.stringify(withVideoToken(json, tokenizer)));
  await writeJson(sink, "tokenizer_config.json", {
    ...config,
    ...NAMED_TOKENS,
    extra_special_tokens: NAMED_TOKENS,
    processor_class: PROCESSOR_CLASS,
  });
  await writeFile(sink, "special_tokens_map.json", await folder.read("special_tokens_map.json"));
}

/**
 * `<video>` stands for frames in a prompt and is replaced before the model sees it, so its id has no embedding. Another
 * spelling of a special token (`[UNUSED_TOKEN_145]` for `<|im_end|>`) is left out: the library of Transformers would
 * give it an id of its own, past the end of the embedding.
 */
function withVideoToken(json: JsonObject, tokenizer: InternVL2_5Processor["tokenizer"]): JsonObject {
  const added = json.added_tokens as AddedToken[];
  const special = new Set(added.filter((token) => token.special).map(({ id }) => id));
  const named = added.filter((token) => token.special || !special.has(token.id));
  if (tokenizer.convert_tokens_to_ids(VIDEO_TOKEN) !== null) return { ...json, added_tokens: named };
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  return { ...json, added_tokens: [...named, { id: tokenizer.length, content: VIDEO_TOKEN, ...flags }] };
}
