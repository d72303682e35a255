export { Tensor } from "onnxruntime-common";
export { Callable } from "./callable.js";
export { readDataUrl } from "./data-url.js";
export { assertEncodedSize, type EncodedImage, type ImagePlatform, readEncodedImage } from "./encoded-image.js";
export { AbortedError, type ErrorCode, type ErrorParts, InternVLError, isAbort, throwIfAborted } from "./errors.js";
export { checkFeeds, checkFetches } from "./feeds.js";
export { type FetchBytesOptions, fetchBytes } from "./fetch-bytes.js";
export {
  assertSafePath,
  type ByteRange,
  type ByteStore,
  type FileSink,
  type FileStore,
  type FileWriter,
  type HubOptions,
  type ModelFiles,
  type RangeReader,
  type ReadRangeOptions,
  writeFile,
} from "./files.js";
export { freeMemory } from "./free-memory.js";
export { type GifFrame, gifPaletteBytes, paintAroundFrame, readGifFrame, withoutTransparency } from "./gif.js";
export { RawImage } from "./image.js";
export type {
  DeviceChoice,
  DeviceOffer,
  Feeds,
  GraphSource,
  InferenceRuntime,
  RunOptions,
  Session,
  SessionOptions,
  ValueInfo,
} from "./inference.js";
export { type JsonObject, type JsonValue, readJsonObject, readText } from "./json.js";
export {
  type DecodeOptions,
  type DecodeSettings,
  decodeSettings,
  type ImageSource,
  MAX_IMAGE_PIXELS,
  type MediaDecoder,
  type VideoBackend,
  type VideoMetadata,
  type VideoOptions,
  type VideoReader,
  type VideoSource,
} from "./media.js";
export { MemoryFolder } from "./memory-folder.js";
export { readField, readModelType } from "./model-type.js";
export { editDistance, nearestName } from "./nearest-name.js";
export { type PartialFile, partialFileWriter } from "./partial-file.js";
export { assertPixels } from "./pixel-limit.js";
export { openModel, openSink, type PretrainedOptions } from "./pretrained.js";
export type { LongCallOptions, ProgressCallback, ProgressInfo } from "./progress.js";
export { Registry, type RegistryEntry } from "./registry.js";
export { type AlphaMode, toRgb } from "./rgb.js";
export { type ConversionOptions, type Runtime, resolveRuntime, setDefaultRuntime } from "./runtime.js";
export { ownTensors, runFailed, sessionReleased, valueInfo } from "./session-values.js";
export { sha256 } from "./sha256.js";
export { assertImageFormat, type ImageFormat, sniffImage } from "./sniff.js";
export { readBlob, type SourcePlatform, shortName } from "./source-platform.js";
export { turn } from "./turn.js";
export type { WorkerPort } from "./worker.js";
export { type ColourSpace, type YuvFrame, yuvToRgb } from "./yuv.js";
