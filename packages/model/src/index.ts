export { AutoModelForImageTextToText, type ModelEntry } from "./auto/auto-model.js";
export type { ImageTextToTextModel, ImageTextToTextProcessor } from "./auto/interfaces.js";
export type { BatchChatArguments, ChatArguments, ChatOptions } from "./chat.js";
export { type CacheOptions, KeyValueCache, type NewColumns } from "./engine/cache.js";
export type { CacheShape } from "./engine/cache-shape.js";
export type {
  Engine,
  ForwardInputs,
  ForwardOutput,
  GenerateInputs,
  GenerateResult,
  ModelInputs,
  TokenRows,
} from "./engine/engine.js";
export type { PastKeyValues } from "./engine/past-key-values.js";
export type { CacheStats, FeatureCacheOptions, KeepOptions } from "./engine/reuse.js";
export { type RotaryConfig, type RotaryTables, rotaryTables } from "./engine/rotary.js";
export {
  type GenerateArguments,
  InternVL2_5ForConditionalGeneration,
  InternVL2_5ForConditionalGeneration as InternVLForConditionalGeneration,
  type ModelOptions,
} from "./model.js";
export { ImageTextToTextPipeline, type OutputOf, type PipelineParts } from "./pipeline/image-text-to-text.js";
export type { Prompt } from "./pipeline/inputs.js";
export type { GenerateKwargs, ImageTextToTextOptions } from "./pipeline/options.js";
export type { ImageTextToTextOutput, TextOutput, TokenOutput } from "./pipeline/outputs.js";
export { type PipelineOptions, type PipelineTask, pipeline } from "./pipeline/pipeline.js";
export type { DeviceOption } from "./placement.js";
export { hostModel } from "./worker/host.js";
