export type { AdapterInput } from "./adapters.js";
export { buildGraph } from "./architectures/index.js";
export {
  assertChecked,
  type CheckedFolder,
  checkConversion,
  isWithinLimit,
  type OriginalModel,
  type PartCheck,
  partName,
  type WrittenGraph,
} from "./check/index.js";
export {
  Checkpoint,
  CheckpointTensor,
  type CheckpointTotals,
  type ExpectTensorsOptions,
  expectTensors,
  originalTensorSpecs,
  type StreamOptions,
  type TensorSource,
  type TensorSpec,
  type WeightSource,
} from "./checkpoint/index.js";
export { listing } from "./checkpoint/listing.js";
export { type Conversion, type ConvertOptions, convertCheckpoint } from "./convert.js";
export { type Inspection, inspectCheckpoint } from "./inspect.js";
export { Layers } from "./layers/layers.js";
export {
  type AdapterInspection,
  adapterFits,
  inspectAdapter,
  isAdapterFolder,
  type LoraAdapter,
  type LoraDelta,
  type LoraTarget,
  readAdapter,
  type WeightedAdapter,
  withAdapters,
} from "./lora/index.js";
export { asOriginal, asTransformers, NAME_TABLES, type NameRow, type RowSharing } from "./names/index.js";
export { type RewriteOptions, type Rewriting, rewriteCheckpoint } from "./rewrite/index.js";
export {
  readSafetensorsHeader,
  type SafetensorsDtype,
  type SafetensorsEntry,
  type SafetensorsHeader,
  type SafetensorsSource,
  type WriteSafetensorsOptions,
  writeSafetensors,
} from "./safetensors/index.js";
