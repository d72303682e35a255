export type { RenderOptions } from "./chat/apply.js";
export { buildChatPrompt, type ChatPrompt, type ChatPromptOptions, type ChatTurn } from "./chat/chat-prompt.js";
export type {
  ContentBlock,
  Conversation,
  ImageBlock,
  ImageUrlBlock,
  Message,
  OtherBlock,
  TextBlock,
  VideoBlock,
} from "./chat/conversation.js";
export { framePrefix, imagePrefix } from "./chat/prefixes.js";
export { MAX_TEMPLATE_OUTPUT, renderChatTemplate } from "./chat/render.js";
export {
  CHAT_TEMPLATES,
  type ChatTemplate,
  type ChatTemplateName,
  resolveChatTemplate,
} from "./chat/templates/index.js";
export { ORIGINAL_SYSTEM_MESSAGE } from "./chat/templates/original.js";
export { AutoProcessor, type ProcessorEntry } from "./processor/auto-processor.js";
export type { ImageInput } from "./processor/image-list.js";
export type {
  ApplyChatTemplateOptions,
  ImageSize,
  ImagesKwargs,
  MultimodalTokens,
  ProcessorInputs,
  ProcessorKwargs,
  ProcessorOptions,
  ProcessorOutput,
  ProcessorPretrainedOptions,
  TextKwargs,
  VideosKwargs,
} from "./processor/options.js";
export {
  CONTEXT_IMAGE_TOKEN,
  END_IMAGE_TOKEN,
  expandPlaceholders,
  IMAGE_TOKEN,
  START_IMAGE_TOKEN,
  VIDEO_TOKEN,
} from "./processor/placeholders.js";
export { InternVL2_5Processor, InternVL2_5Processor as InternVLProcessor } from "./processor/processor.js";
export type { VideoInput, VideosInput } from "./processor/video-list.js";
export { AutoTokenizer, type TokenizerEntry } from "./tokenizer/auto-tokenizer.js";
export { InternLM2Tokenizer } from "./tokenizer/internlm2-tokenizer.js";
export { PreTrainedTokenizer, type TokenizerFiles } from "./tokenizer/pretrained-tokenizer.js";
export { PreTrainedTokenizerFast } from "./tokenizer/pretrained-tokenizer-fast.js";
export { Qwen2Tokenizer } from "./tokenizer/qwen2-tokenizer.js";
export { buildQwen2TokenizerJson, type Qwen2TokenizerParts } from "./tokenizer/qwen2-tokenizer-json.js";
export type { AddedToken, TokenizerJson } from "./tokenizer/tokenizer-json.js";
export type {
  BatchEncoding,
  BatchOptions,
  BatchTensors,
  DecodeOptions,
  EncodeOptions,
  TokenIds,
  Tokenizer,
} from "./tokenizer/types.js";
