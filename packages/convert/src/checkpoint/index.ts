export { Checkpoint, type CheckpointTotals } from "./checkpoint.js";
export { type ExpectTensorsOptions, expectTensors } from "./expect.js";
export {
  expectOriginalTensors,
  type OriginalTensorConfig,
  originalTensorSpecs,
} from "./original.js";
export type { TensorSpec } from "./spec.js";
export { CheckpointTensor, type StreamOptions, type TensorSource, type WeightSource } from "./tensor.js";
export { joinedRows, type RowSegment, renamed, rowView, withTensors } from "./view.js";
