export { Checkpoint, type CheckpointTotals } from "./checkpoint.js";
export { type ExpectTensorsOptions, expectTensors, type TensorSpec } from "./expect.js";
export {
  expectOriginalTensors,
  LM_HEAD_NAME,
  type OriginalTensorConfig,
  originalTensorSpecs,
} from "./original.js";
export { CheckpointTensor, type StreamOptions, type WeightSource } from "./tensor.js";
