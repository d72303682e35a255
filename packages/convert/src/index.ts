export { buildGraph } from "./architectures/index.js";
export {
  Checkpoint,
  CheckpointTensor,
  type CheckpointTotals,
  expectTensors,
  originalTensorSpecs,
  type TensorSpec,
} from "./checkpoint/index.js";
export { type Conversion, type ConvertOptions, convertCheckpoint } from "./convert.js";
export { type Inspection, inspectCheckpoint } from "./inspect.js";
export { Layers } from "./layers/layers.js";
export {
  readSafetensorsHeader,
  type SafetensorsDtype,
  type SafetensorsHeader,
  type SafetensorsSource,
  writeSafetensors,
} from "./safetensors/index.js";
