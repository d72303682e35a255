export { type Attribute, attr } from "./attributes.js";
export { PieceBuffers } from "./buffers.js";
export { GraphBuilder } from "./builder.js";
export { addDims, type Dim, formatShape, type Shape } from "./dims.js";
export { type DType, dtypeFromCode, elementBytes } from "./dtypes.js";
export { type ExternalPlace, externalPlace } from "./external-data.js";
export type { AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto } from "./gen/onnx_pb.js";
export * as proto from "./gen/onnx_pb.js";
export {
  GraphCore,
  type GraphInitializer,
  type GraphNode,
  type GraphOptions,
  type NodeOutputs,
  type NodeSpec,
  type OptionalOutput,
  type OutputSpec,
} from "./graph.js";
export {
  type ExternalLocation,
  type ExternalReadOptions,
  type ExternalTensor,
  external,
  type InitializerData,
} from "./initializers.js";
export type {
  GroupQueryAttentionCache,
  GroupQueryAttentionOptions,
  MultiHeadAttentionOptions,
  RotaryEmbeddingOptions,
} from "./ops/attention.js";
export type { Operand } from "./ops/elementwise.js";
export type { ConvOptions, FusedMatMulOptions } from "./ops/matmul.js";
export type { NormalizationOptions } from "./ops/normalization.js";
export type { DynamicQuantizeMatMulOptions, MatMulNBitsOptions } from "./ops/quantized.js";
export type { SliceRange } from "./ops/slice.js";
export { encodeModel, parseModel } from "./parse.js";
export type { BuiltGraph, PendingTensor } from "./proto.js";
export { NodeRule } from "./rule.js";
export { Value } from "./value.js";
export { serializeModel, type WriteModelOptions, type WrittenModel, writeModel, writeTensor } from "./write.js";
