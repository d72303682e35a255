import { InternVLError, type Tensor, throwIfAborted } from "@internvl/core";
import type { InternVL2_5ImageProcessor, InternVL2_5VideoProcessor } from "@internvl/image-processor";
import { checkMaxLength, padRows, toTensors, wantsTruncation } from "../tokenizer/batch.js";
import type { Tokenizer } from "../tokenizer/types.js";
import { flattenImages } from "./image-list.js";
import { mergeFeatures } from "./merge-features.js";
import type { ProcessorInputs, ProcessorOutput } from "./options.js";
import { imageTokens, videoTokens } from "./placeholders.js";
import { checkCounts, expandPrompts, readPrompts } from "./prompts.js";
import { splitVisualOptions } from "./split-options.js";
import { truncatePrompts } from "./truncate.js";
import { flattenVideos } from "./video-list.js";
import { processImages, processVideos } from "./visuals.js";

/** What a processor is made of. */
interface Parts {
  readonly image_processor: InternVL2_5ImageProcessor;
  readonly video_processor: InternVL2_5VideoProcessor;
  readonly tokenizer: Tokenizer;
  readonly image_seq_length: number;
  readonly image_token_id: number;
  readonly start_image_token_id: number;
  readonly end_image_token_id: number;
}

/**
 * One call of the processor: counts, pictures, videos, placeholders, ids. What can be wrong with the texts is found before
 * the first picture is decoded.
 *
 * @param encode the ids of an expanded text
 */
export async function buildInputs(
  parts: Parts,
  inputs: ProcessorInputs,
  encode: (text: string) => number[],
): Promise<ProcessorOutput<number[][] | Tensor>> {
  const {
    text,
    images,
    videos,
    text_kwargs,
    images_kwargs,
    videos_kwargs,
    runtime,
    signal,
    progress_callback,
    ...rest
  } = inputs;
  const { padding, padding_side, truncation, max_length, add_special_tokens, return_tensors, ...visual_options } = rest;
  const text_options = { padding, padding_side, truncation, max_length, ...text_kwargs };
  const options = splitVisualOptions(visual_options);
  const image_list = flattenImages(images);
  const video_list = flattenVideos(videos);
  const prompts = readPrompts(checkTexts(text), image_list.images.length > 0);
  checkCounts(prompts, {
    images: image_list.images.length,
    videos: video_list.videos.length,
    images_per_text: image_list.per_text,
    videos_per_text: video_list.per_text,
  });

  throwIfAborted(signal);
  const calling = { runtime, signal, progress_callback };
  const { image_processor, video_processor } = parts;
  const image_options = { ...options.images, ...images_kwargs };
  const image_features = await processImages(image_processor, image_list.images, image_options, calling);
  const video_options = { ...options.videos, ...videos_kwargs };
  const video_features = await processVideos(video_processor, video_list.videos, video_options, calling);
  const tokensOf = (patches: number): number => patches * parts.image_seq_length;
  const expanded = expandPrompts(prompts, {
    image: (image_features?.num_patches ?? []).map((patches) => imageTokens(tokensOf(patches))),
    video: video_features.num_patches.map((patches) => videoTokens(patches.map(tokensOf))),
  });
  const rows = expanded.map(encode);
  const limit = checkMaxLength(text_options.max_length ?? parts.tokenizer.model_max_length);
  const image_ids = new Set([parts.image_token_id, parts.start_image_token_id, parts.end_image_token_id]);
  const batch = padRows(wantsTruncation(text_options) ? truncatePrompts(rows, limit, image_ids) : rows, {
    ...text_options,
    max_length: limit,
    pad_token_id: parts.tokenizer.pad_token_id,
  });
  return {
    ...mergeFeatures(prompts, image_features, video_features),
    ...(return_tensors === "ort" ? toTensors(batch) : batch),
  };
}

function checkTexts(text: ProcessorInputs["text"]): readonly string[] {
  const texts = typeof text === "string" ? [text] : text;
  if (Array.isArray(texts) && texts.length > 0 && texts.every((entry) => typeof entry === "string")) return texts;
  throw new InternVLError("INPUT_INVALID", {
    what: "The processor needs a text",
    expected: "text: a string or a list of strings that is not empty",
    got: Array.isArray(texts) ? `a list of ${texts.length}` : String(texts),
    fix: 'For a picture alone pass text: "<image>".',
  });
}
