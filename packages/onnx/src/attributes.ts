import { AttributeProto_AttributeType as AttributeType, type GraphProto, type TensorProto } from "./gen/onnx_pb.js";

/** The value of a node's attribute. `attr` makes them. */
export interface Attribute {
  readonly type: AttributeType;
  readonly i?: bigint;
  readonly f?: number;
  readonly s?: Uint8Array;
  readonly t?: TensorProto;
  readonly g?: GraphProto;
  readonly ints?: bigint[];
  readonly floats?: number[];
  readonly strings?: Uint8Array[];
}

const utf8: TextEncoder = new TextEncoder();

/**
 * Attribute values by ONNX type: in JavaScript `1` alone does not say whether a float or an int is meant, and
 * onnxruntime refuses the wrong one.
 */
export const attr = {
  int: (value: number | bigint | boolean): Attribute => ({ type: AttributeType.INT, i: BigInt(value) }),
  float: (value: number): Attribute => ({ type: AttributeType.FLOAT, f: value }),
  string: (value: string): Attribute => ({ type: AttributeType.STRING, s: utf8.encode(value) }),
  tensor: (value: TensorProto): Attribute => ({ type: AttributeType.TENSOR, t: value }),
  graph: (value: GraphProto): Attribute => ({ type: AttributeType.GRAPH, g: value }),
  ints: (values: readonly (number | bigint)[]): Attribute => ({ type: AttributeType.INTS, ints: values.map(BigInt) }),
  floats: (values: readonly number[]): Attribute => ({ type: AttributeType.FLOATS, floats: [...values] }),
  strings: (values: readonly string[]): Attribute => ({
    type: AttributeType.STRINGS,
    strings: values.map((value) => utf8.encode(value)),
  }),
} as const;
