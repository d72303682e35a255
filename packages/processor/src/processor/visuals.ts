import {
  type ImageSource,
  type LongCallOptions,
  RawImage,
  type Runtime,
  throwIfAborted,
  type VideoMetadata,
  type VideoSource,
} from "@internvl/core";
import {
  type ImageFeatures,
  type InternVL2_5ImageProcessor,
  type InternVL2_5VideoProcessor,
  type LoadVideoOptions,
  load_image,
  load_video,
  sample_frames,
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

/** Samples, decodes and resizes the frames of videos. Of a file only the sampled frames are decoded. */
export async function processVideos(
  video_processor: InternVL2_5VideoProcessor,
  sources: readonly VideoInput[],
  { exif, max_pixels, ...settings }: VideosKwargs,
  { runtime, signal, progress_callback }: Calling,
): Promise<VideoFeatures> {
  video_processor.checkOptions(settings);
  const alpha = settings.alpha ?? video_processor.alpha;
  const decoding = { runtime, signal, alpha, exif, max_pixels };
  const features: VideoFeatures = { pixel_values_videos: [], num_patches: [] };
  for (const source of sources) {
    throwIfAborted(signal);
    const options = { ...settings, signal, progress_callback };
    const processed = isFile(source)
      ? await video_processor(await loadFile(video_processor, source, settings, decoding), {
          ...options,
          do_sample_frames: false,
        })
      : await video_processor(isVideo(source) ? source : await decodePictures(source, decoding), options);
    features.pixel_values_videos.push(...processed.pixel_values_videos);
    features.num_patches.push(...processed.num_patches);
  }
  return features;
}

async function loadFile(
  video_processor: InternVL2_5VideoProcessor,
  source: VideoSource,
  settings: VideosKwargs,
  decoding: LoadVideoOptions,
): Promise<Video> {
  const asked = video_processor.askedFor(settings);
  if (asked === null) return load_video(source, decoding);
  const { num_frames, fps, initial_shift } = asked;
  const sample_indices_fn = (metadata: VideoMetadata): number[] =>
    sample_frames(metadata, num_frames, fps, initial_shift);
  return load_video(source, { ...decoding, sample_indices_fn });
}

function isFile(source: VideoInput): source is VideoSource {
  return !Array.isArray(source) && !isVideo(source);
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
