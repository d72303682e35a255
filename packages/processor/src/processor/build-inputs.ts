import { type ImageSource, InternVLError, RawImage, type Tensor, throwIfAborted } from "@internvl/core";
import { type ImageFeatures, type InternVL2_5ImageProcessor, load_image } from "@internvl/image-processor";
import { videosUnsupported } from "../chat/conversation.js";
import { checkMaxLength, padRows, toTensors, wantsTruncation } from "../tokenizer/batch.js";
import type { Tokenizer } from "../tokenizer/types.js";
import { flattenImages } from "./image-list.js";
import type { ImagesKwargs, ProcessorInputs, ProcessorOutput } from "./options.js";
import { checkCounts, expandPrompts, readPrompts } from "./prompts.js";
import { truncatePrompts } from "./truncate.js";

/** What a processor is made of. */
interface Parts {
  readonly image_processor: InternVL2_5ImageProcessor;
  readonly tokenizer: Tokenizer;
  readonly image_seq_length: number;
  readonly image_token_id: number;
  readonly start_image_token_id: number;
  readonly end_image_token_id: number;
}

/**
 * One call of the processor: counts, pictures, placeholders, ids. What can be wrong with the texts is found before the
 * first picture is decoded.
 *
 * @param encode the ids of an expanded text
 */
export async function buildInputs(
  parts: Parts,
  inputs: ProcessorInputs,
  encode: (text: string) => number[],
): Promise<ProcessorOutput<number[][] | Tensor>> {
  const { text, images, videos, text_kwargs, images_kwargs, runtime, signal, progress_callback, ...rest } = inputs;
  const { padding, padding_side, truncation, max_length, add_special_tokens, return_tensors, ...image_options } = rest;
  const text_options = { padding, padding_side, truncation, max_length, ...text_kwargs };
  if (videos !== undefined && videos !== null) throw videosUnsupported();
  const list = flattenImages(images);
  const prompts = readPrompts(checkTexts(text), list.images.length > 0);
  checkCounts(prompts, list.images.length, list.per_text);

  throwIfAborted(signal);
  const features = await processImages(parts, list.images, { ...image_options, ...images_kwargs }, inputs);
  const num_tokens = (features.num_patches ?? []).map((patches) => patches * parts.image_seq_length);
  const rows = expandPrompts(prompts, num_tokens).map(encode);
  const limit = checkMaxLength(text_options.max_length ?? parts.tokenizer.model_max_length);
  const image_ids = new Set([parts.image_token_id, parts.start_image_token_id, parts.end_image_token_id]);
  const batch = padRows(wantsTruncation(text_options) ? truncatePrompts(rows, limit, image_ids) : rows, {
    ...text_options,
    max_length: limit,
    pad_token_id: parts.tokenizer.pad_token_id,
  });
  return { ...features, ...(return_tensors === "ort" ? toTensors(batch) : batch) };
}

async function processImages(
  { image_processor }: Parts,
  sources: readonly ImageSource[],
  { exif, max_pixels, ...settings }: ImagesKwargs,
  { runtime, signal, progress_callback }: ProcessorInputs,
): Promise<Partial<ImageFeatures>> {
  // Without pictures too: a misspelt option of any kind ends up here.
  image_processor.checkOptions(settings);
  if (sources.length === 0) return {};
  const alpha = settings.alpha ?? image_processor.alpha;
  const images: RawImage[] = [];
  for (const source of sources) {
    // A decoded picture goes on as it is: what becomes of its alpha is the image processor's to say.
    const decoded = source instanceof RawImage;
    images.push(decoded ? source : await load_image(source, { runtime, signal, alpha, exif, max_pixels }));
  }
  const { pixel_values, num_patches } = await image_processor.preprocess(images, {
    ...settings,
    signal,
    progress_callback,
  });
  return { pixel_values, num_patches };
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
