import {
  type DecodeOptions,
  type ImageSource,
  type RawImage,
  type Runtime,
  resolveRuntime,
  throwIfAborted,
  toRgb,
} from "@internvl/core";
import { isRawImage, type Nested } from "./images.js";

export interface LoadImageOptions extends DecodeOptions {
  /** Whose decoder it is. Default: the one set with `setDefaultRuntime`, which importing `internvl` does. */
  runtime?: Runtime;
}

/**
 * Decodes a picture to RGB.
 *
 * Defaults are Transformers': alpha is laid on white, the EXIF orientation is applied. OpenGVLab's code does neither:
 * `{ alpha: "drop", exif: "ignore" }`.
 *
 * @param source a path, a URL (`http:`, `https:`, `data:`, `blob:`, `file:`), bytes, a Blob, or an image that is decoded
 * @throws InternVLError `IMAGE_INVALID`, `IMAGE_TOO_LARGE`, `FILE_NOT_FOUND`, `RUNTIME_MISSING`, `ABORTED`
 */
export async function load_image(source: ImageSource, options: LoadImageOptions = {}): Promise<RawImage> {
  const { runtime, ...decoding } = options;
  throwIfAborted(options.signal, "Loading an image was aborted");
  if (isRawImage(source)) return toRgb(source, options.alpha);
  return resolveRuntime(runtime).media.decodeImage(source, decoding);
}

/**
 * `load_image` for nested lists, one after the other; the result is nested as `sources` is.
 *
 * ```ts
 * const pages = await load_images([["a.png", "b.png"], ["c.png"]]); // [[RawImage, RawImage], [RawImage]]
 * ```
 */
export async function load_images(sources: ImageSource, options?: LoadImageOptions): Promise<RawImage>;
export async function load_images(sources: readonly ImageSource[], options?: LoadImageOptions): Promise<RawImage[]>;
export async function load_images(
  sources: readonly (readonly ImageSource[])[],
  options?: LoadImageOptions,
): Promise<RawImage[][]>;
export async function load_images(sources: Nested<ImageSource>, options?: LoadImageOptions): Promise<Nested<RawImage>>;
export async function load_images(
  sources: Nested<ImageSource>,
  options: LoadImageOptions = {},
): Promise<Nested<RawImage>> {
  if (!isList(sources)) return load_image(sources, options);
  const images: Nested<RawImage>[] = [];
  for (const source of sources) images.push(await load_images(source, options));
  return images;
}

function isList(sources: Nested<ImageSource>): sources is readonly Nested<ImageSource>[] {
  return Array.isArray(sources);
}
