export { AutoImageProcessor, type ImageProcessorEntry } from "./auto-image-processor.js";
export { InternVL2_5ImageProcessor, InternVL2_5ImageProcessor as GotOcr2ImageProcessor } from "./image-processor.js";
export type { Nested } from "./images.js";
export { type LoadImageOptions, load_image, load_images } from "./load-image.js";
export type { ImageProcessorOptions, ImageProcessorSettings, PreprocessOptions, Size } from "./options.js";
export { PILImageResampling, type Resample } from "./pillow/filters.js";
export { type ResizeOptions, resize } from "./pillow/resize.js";
export { type ImageFeatures, MAX_VALUES } from "./preprocess.js";
export { candidateGrids, chooseGrid, type GridOptions, type GridOrder, MAX_TILES } from "./tiling/grid.js";
export { get_index } from "./video/get-index.js";
export {
  type LoadedVideo,
  type LoadVideoOptions,
  load_video,
  MAX_FRAME_BYTES,
  MAX_FRAMES,
} from "./video/load-video.js";
export { sample_frames } from "./video/sample-frames.js";
export type { VideoSampling } from "./video/sampling.js";
export {
  InternVL2_5VideoProcessor,
  InternVL2_5VideoProcessor as InternVLVideoProcessor,
  type Video,
  type VideoFeatures,
  type VideoFrames,
  type VideoPreprocessOptions,
  type VideoProcessorOptions,
  type VideoProcessorSettings,
} from "./video/video-processor.js";
