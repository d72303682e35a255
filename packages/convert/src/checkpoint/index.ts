export { type BlameOptions, blamedFields } from "./blame.js";
export { Checkpoint, type CheckpointTotals } from "./checkpoint.js";
export { type ExpectTensorsOptions, expectTensors } from "./expect.js";
export { counted, listing } from "./listing.js";
export { mappedTensors } from "./mapped.js";
export {
  type OriginalTensorConfig,
  originalTensorSpecs,
  POSITION_EMBEDDING_NAME,
  patchesOfTile,
} from "./original.js";
export type { TensorSpec } from "./spec.js";
export { CheckpointTensor, type StreamOptions, type TensorSource, type WeightSource } from "./tensor.js";
export { joinedRows, type RowSegment, renamed, rowView, withoutTensors, withTensors } from "./view.js";
