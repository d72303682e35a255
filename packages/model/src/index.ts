export type { ChatArguments, ChatOptions } from "./chat.js";
export { type CacheShape, KeyValueCache } from "./engine/cache.js";
export type {
  Engine,
  ForwardInputs,
  ForwardOutput,
  GenerateInputs,
  GenerateResult,
  ModelInputs,
  TokenRows,
} from "./engine/engine.js";
export { type RotaryConfig, type RotaryTables, rotaryTables } from "./engine/rotary.js";
export { type GenerateArguments, InternVL2_5ForConditionalGeneration, type ModelOptions } from "./model.js";
export { hostModel } from "./worker/host.js";
