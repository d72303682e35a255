export { Checkpoint, type CheckpointTotals } from "./checkpoint.js";
export { type ExpectTensorsOptions, expectTensors, type TensorSpec, WEIGHT_DTYPES } from "./expect.js";
export {
  EMBEDDING_NAME,
  expectOriginalTensors,
  LM_HEAD_NAME,
  type OriginalTensorConfig,
  originalTensorSpecs,
} from "./original.js";
export { CheckpointTensor, type StreamOptions, type WeightSource } from "./tensor.js";
