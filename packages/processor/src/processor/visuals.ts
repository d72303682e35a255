import {
  type ImageSource,
  InternVLError,
  type LongCallOptions,
  RawImage,
  type Runtime,
  throwIfAborted,
} from "@internvl/core";
import {
  type ImageFeatures,
  type InternVL2_5ImageProcessor,
  type InternVL2_5VideoProcessor,
  load_image,
  type Video,
  type VideoFeatures,
} from "@internvl/image-processor";
import type { ImagesKwargs, VideosKwargs } from "./options.js";
import { isVideo, type VideoInput } from "./video-list.js";

interface Calling extends LongCallOptions {
  runtime?: Runtime;
}

/** Decodes and cuts pictures; null when there are none. */
export async function processImages(
  image_processor: InternVL2_5ImageProcessor,
  sources: readonly ImageSource[],
  { exif, max_pixels, ...settings }: ImagesKwargs,
  { runtime, signal, progress_callback }: Calling,
): Promise<ImageFeatures | null> {
  // Without pictures too: a misspelt option of any kind ends up here.
  image_processor.checkOptions(settings);
  if (sources.length === 0) return null;
  const alpha = settings.alpha ?? image_processor.alpha;
  const images = await decodePictures(sources, { runtime, signal, alpha, exif, max_pixels });
  return image_processor.preprocess(images, { ...settings, signal, progress_callback });
}

/** Samples, decodes and resizes the frames of videos. */
export async function processVideos(
  video_processor: InternVL2_5VideoProcessor,
  sources: readonly VideoInput[],
  { exif, max_pixels, ...settings }: VideosKwargs,
  { runtime, signal, progress_callback }: Calling,
): Promise<VideoFeatures> {
  video_processor.checkOptions(settings);
  const alpha = settings.alpha ?? video_processor.alpha;
  const videos: Video[] = [];
  for (const source of sources) {
    throwIfAborted(signal);
    if (isVideo(source)) videos.push(source);
    else if (Array.isArray(source)) {
      videos.push({ frames: await decodePictures(source, { runtime, signal, alpha, exif, max_pixels }) });
    } else throw videoFileUnsupported();
  }
  if (videos.length === 0) return { pixel_values_videos: [], num_patches: [] };
  return video_processor.preprocess(videos, { ...settings, signal, progress_callback });
}

async function decodePictures(
  sources: readonly ImageSource[],
  options: Parameters<typeof load_image>[1],
): Promise<RawImage[]> {
  const images: RawImage[] = [];
  // A decoded picture goes on as it is: what becomes of its alpha is the image processor's to say.
  for (const source of sources) images.push(source instanceof RawImage ? source : await load_image(source, options));
  return images;
}

function videoFileUnsupported(): InternVLError {
  return new InternVLError("UNSUPPORTED", {
    what: "Video files are not decoded yet",
    fix: "Pass the frames: videos: [[frame, frame, …]].",
  });
}
