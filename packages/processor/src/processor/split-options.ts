import type { VideoProcessorOptions } from "@internvl/image-processor";
import type { ImagesKwargs, VideosKwargs } from "./options.js";

/** How a picture is cut: videos are not, unless `videos_kwargs` says so, as in merged Transformers. */
const OF_IMAGES: readonly string[] = [
  "crop_to_patches",
  "min_tiles",
  "max_tiles",
  "min_patches",
  "max_patches",
  "use_thumbnail",
  "dynamic_size",
  "grid",
] satisfies (keyof ImagesKwargs)[];

const OF_VIDEOS: readonly string[] = [
  "do_sample_frames",
  "num_frames",
  "fps",
  "initial_shift",
] satisfies (keyof VideoProcessorOptions)[];

/** Options that stand in a call itself, by whom they concern. What both know goes to both, and so does what nobody knows. */
export function splitVisualOptions(options: Readonly<VideosKwargs>): { images: ImagesKwargs; videos: VideosKwargs } {
  const without = (names: readonly string[]): object =>
    Object.fromEntries(Object.entries(options).filter(([name]) => !names.includes(name)));
  return { images: without(OF_VIDEOS), videos: without(OF_IMAGES) };
}
