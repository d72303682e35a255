import { create } from "@bufbuild/protobuf";
import type { Attribute } from "./attributes.js";
import type { Shape } from "./dims.js";
import { dataTypeCode } from "./dtypes.js";
import { pointTo } from "./external-data.js";
import {
  type AttributeProto,
  AttributeProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "./gen/onnx_pb.js";
import type { GraphCore, GraphInitializer, GraphNode } from "./graph.js";
import { bytesOf, type ExternalTensor, isLocation } from "./initializers.js";
import type { Value } from "./value.js";

/** IR version 10 came with opset 21; newer ones add nothing that the builder writes, and older runtimes refuse them. */
const IR_VERSION = 10n;

/** An initializer whose bytes the model does not hold yet. */
export interface PendingTensor {
  readonly proto: TensorProto;
  readonly data: ExternalTensor;
}

/** A finished graph: the model, and the tensors whose bytes are still to be written, in order. */
export interface BuiltGraph {
  readonly proto: ModelProto;
  readonly pending: readonly PendingTensor[];
}

/** The graph as ONNX's own message. */
export function toProto(graph: GraphCore): BuiltGraph {
  const pending: PendingTensor[] = [];
  const initializer = graph.initializers.map((tensor) => {
    const proto = tensorProto(tensor);
    const { data } = tensor;
    if (!ArrayBuffer.isView(data) && !isLocation(data)) pending.push({ proto, data });
    return proto;
  });
  const proto = create(ModelProtoSchema, {
    irVersion: IR_VERSION,
    producerName: "@internvl/onnx",
    opsetImport: [...graph.domains].map(([domain, version]) => ({ domain, version: BigInt(version) })),
    metadataProps: Object.entries(graph.metadata).map(([key, value]) => ({ key, value })),
    graph: {
      name: graph.name,
      node: graph.nodes.map(nodeProto),
      input: graph.inputs.map(valueInfo),
      output: graph.outputs.map(valueInfo),
      initializer,
    },
  });
  return { proto, pending };
}

function tensorProto({ value, data }: GraphInitializer): TensorProto {
  const proto = create(TensorProtoSchema, {
    name: value.name,
    dataType: dataTypeCode(value.type),
    dims: value.shape.map((dim) => BigInt(dim)),
  });
  if (ArrayBuffer.isView(data)) proto.rawData = bytesOf(data);
  else if (isLocation(data)) pointTo(proto, data.location, data.offset, data.byteLength);
  return proto;
}

function nodeProto(node: GraphNode): NodeProto {
  const name = (value: Value | undefined) => value?.name ?? "";
  return create(NodeProtoSchema, {
    name: node.name,
    opType: node.op,
    domain: node.domain,
    input: node.inputs.map(name),
    output: node.outputs.map(name),
    attribute: Object.entries(node.attributes).flatMap(([key, value]) => (value ? [attributeProto(key, value)] : [])),
  });
}

function attributeProto(name: string, attribute: Attribute): AttributeProto {
  return create(AttributeProtoSchema, { name, ...attribute });
}

function valueInfo(value: Value): ValueInfoProto {
  return create(ValueInfoProtoSchema, {
    name: value.name,
    type: {
      value: {
        case: "tensorType",
        value: { elemType: dataTypeCode(value.type), shape: { dim: dimsProto(value.shape) } },
      },
    },
  });
}

function dimsProto(shape: Shape) {
  return shape.map((dim) =>
    typeof dim === "number"
      ? { value: { case: "dimValue" as const, value: BigInt(dim) } }
      : { value: { case: "dimParam" as const, value: dim } },
  );
}
