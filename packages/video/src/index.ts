export { animationMetadata, damagedAnimation } from "./animation.js";
export type { FrameDecoder, Stretch, TrackInfo } from "./decoder.js";
export { frameListReader } from "./frame-list.js";
export { type OpenVideoSettings, openVideo, type VideoPlatform } from "./open-video.js";
export { type OpenedVideo, openVideoSource, type VideoSourcePlatform } from "./video-source.js";
export { type WebCodecs, type WebCodecsPlatform, webCodecsDecoder } from "./webcodecs.js";
