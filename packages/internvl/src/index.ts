import { setDefaultRuntime } from "@internvl/core";
import { defaultRuntime } from "./node-runtime.js";

setDefaultRuntime(defaultRuntime);

export {
  DTYPES,
  type Dtype,
  type DtypeOption,
  FAMILY,
  findFamilyMember,
  GenerationConfig,
  InternLM2Config,
  InternVL2_5Config,
  InternVL2_5VisionConfig,
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
export { InternVL2_5ImageProcessor, load_image, load_images } from "@internvl/image-processor";
export {
  type ChatOptions,
  type ForwardOutput,
  type GenerateArguments,
  type GenerateResult,
  InternVL2_5ForConditionalGeneration,
  KeyValueCache,
  type ModelOptions,
} from "@internvl/model";
export {
  AutoTokenizer,
  type Conversation,
  InternLM2Tokenizer,
  InternVL2_5Processor,
  type Message,
  Qwen2Tokenizer,
  registerTokenizer,
} from "@internvl/processor";
export { defaultRuntime } from "./node-runtime.js";
