import type { DecodeOptions, LongCallOptions, PretrainedOptions, Runtime, Tensor } from "@internvl/core";
import type {
  ImageProcessorOptions,
  InternVL2_5VideoProcessor,
  VideoProcessorOptions,
  VideoSampling,
} from "@internvl/image-processor";
import type { RenderOptions } from "../chat/apply.js";
import type { ChatTemplate } from "../chat/templates/index.js";
import type { BatchOptions } from "../tokenizer/types.js";
import type { ImageInput } from "./image-list.js";
import type { VideosInput } from "./video-list.js";

/** How pictures are decoded and cut, for one call. */
export interface ImagesKwargs extends ImageProcessorOptions, Pick<DecodeOptions, "exif" | "max_pixels"> {}

/** How frames are sampled, decoded and resized, for one call. */
export interface VideosKwargs extends VideoProcessorOptions, Pick<DecodeOptions, "exif" | "max_pixels"> {}

/** How texts are tokenised, for one call. */
export type TextKwargs = Omit<BatchOptions, "return_tensors" | "split_special_tokens">;

/**
 * What a call of the processor takes beside texts, pictures and videos. Image settings and those of sampling can stand here
 * directly, as in Python; how pictures are cut into tiles does not concern videos then.
 */
export interface ProcessorKwargs extends TextKwargs, ImageProcessorOptions, Partial<VideoSampling>, LongCallOptions {
  /** `"ort"`: ids and mask as int64 Tensors. `pixel_values` is a Tensor in any case. */
  return_tensors?: "ort" | null;
  images_kwargs?: ImagesKwargs;
  videos_kwargs?: VideosKwargs;
  text_kwargs?: TextKwargs;
  /** Who decodes pictures. Default: the one set with `setDefaultRuntime`. */
  runtime?: Runtime;
}

export interface ProcessorInputs extends ProcessorKwargs {
  /** One text or several, with one `<image>` for each picture and one `<video>` for each video. Required. */
  text?: string | readonly string[];
  /** Pictures in the order of their placeholders: one, a list, or one list for each text. */
  images?: ImageInput | null;
  /** Videos in the order of their placeholders: one, a list, or one list for each text. */
  videos?: VideosInput | null;
}

/** What the model takes. */
export interface ProcessorOutput<Ids = number[][]> {
  input_ids: Ids;
  attention_mask: Ids;
  /** float32 `[tiles of all pictures and frames, 3, H, W]` in the order of the placeholders; absent without any. */
  pixel_values?: Tensor;
  /** Tiles of each picture and of each frame, in the order of `pixel_values`; absent without any. */
  num_patches?: number[];
}

export interface ApplyChatTemplateOptions extends RenderOptions, ProcessorKwargs {
  /** Returns token ids instead of the text. Default false. */
  tokenize?: boolean;
  /** With `tokenize`: everything that the model takes, pictures named in the conversation included. Default false. */
  return_dict?: boolean;
  /** Pictures for the image blocks that name none, in their order. */
  images?: ImageInput | null;
  /** Videos for the video blocks that name none, in their order. */
  videos?: VideosInput | null;
  /**
   * With `tokenize`: special tokens and placeholders in the text of users and tools stay plain text. Default false, as in
   * the reference: whoever writes `<|im_end|>` ends the turn.
   */
  escape_special_tokens?: boolean;
}

export interface ProcessorOptions {
  /** Default: one tile a frame, with the image processor's settings. */
  video_processor?: InternVL2_5VideoProcessor;
  /** Tokens a tile. Default: the image processor's `num_image_token`. */
  image_seq_length?: number;
  /** A template's name, its text, or both. Default `"seed"`. */
  chat_template?: string | ChatTemplate;
}

/** Image settings among them go before those of the folder. */
export interface ProcessorPretrainedOptions extends PretrainedOptions, ImageProcessorOptions {
  /** A template's name or text instead of the folder's. */
  chat_template?: string;
}

/** `[height, width]`, as Python has it. */
export type ImageSize = readonly [height: number, width: number];

export interface MultimodalTokens {
  /** `<img>`, the context tokens and `</img>` of each picture. */
  num_image_tokens: number[];
  /** Tiles of each picture, the thumbnail counted. */
  num_image_patches: number[];
}
