import { setDefaultRuntime } from "@internvl/core";
import { defaultRuntime } from "./node-runtime.js";

setDefaultRuntime(defaultRuntime);

export {
  AutoConfig,
  type ConfigEntry,
  DTYPES,
  type Dtype,
  type DtypeOption,
  FAMILY,
  findFamilyMember,
  GenerationConfig,
  InternLM2Config,
  InternVL2_5Config,
  InternVL2_5VisionConfig,
  InternVLConfig,
  InternVLVisionConfig,
  Qwen2Config,
} from "@internvl/config";
export {
  type AdapterInput,
  type AdapterInspection,
  type Conversion,
  type ConvertOptions,
  convertCheckpoint,
  type Inspection,
  inspectAdapter,
  inspectCheckpoint,
  isAdapterFolder,
  type RewriteOptions,
  type Rewriting,
  rewriteCheckpoint,
} from "@internvl/convert";
export {
  AbortedError,
  type ErrorCode,
  type FileSink,
  InternVLError,
  type ModelFiles,
  openModel,
  openSink,
  type ProgressCallback,
  type ProgressInfo,
  RawImage,
  type Runtime,
  setDefaultRuntime,
  Tensor,
} from "@internvl/core";
export {
  type GenerationOptions,
  type LogitsProcessor,
  type StoppingCriteria,
  type Streamer,
  slice_prompt,
  TextIteratorStreamer,
  TextStreamer,
} from "@internvl/generation";
export {
  AutoImageProcessor,
  GotOcr2ImageProcessor,
  type ImageProcessorEntry,
  InternVL2_5ImageProcessor,
  load_image,
  load_images,
} from "@internvl/image-processor";
export {
  AutoModelForImageTextToText,
  type ChatOptions,
  type ForwardOutput,
  type GenerateArguments,
  type GenerateKwargs,
  type GenerateResult,
  type ImageTextToTextModel,
  type ImageTextToTextOptions,
  type ImageTextToTextOutput,
  ImageTextToTextPipeline,
  type ImageTextToTextProcessor,
  InternVL2_5ForConditionalGeneration,
  InternVLForConditionalGeneration,
  KeyValueCache,
  type ModelEntry,
  type ModelOptions,
  type PipelineOptions,
  pipeline,
} from "@internvl/model";
export {
  AutoProcessor,
  AutoTokenizer,
  type Conversation,
  framePrefix,
  InternLM2Tokenizer,
  InternVL2_5Processor,
  InternVLProcessor,
  imagePrefix,
  type Message,
  type ProcessorEntry,
  Qwen2Tokenizer,
  type TokenizerEntry,
} from "@internvl/processor";
export { defaultRuntime } from "./node-runtime.js";
