import { TensorProto_DataType } from "./gen/onnx_pb.js";

/** The element types that the builder knows. */
export type DType = "float32" | "float16" | "bfloat16" | "int64" | "int32" | "uint8" | "int8" | "bool";

interface DTypeInfo {
  code: TensorProto_DataType;
  bytes: number;
  /** The typed arrays that may hold such elements; a Uint8Array of raw little-endian bytes may hold any. */
  arrays: readonly string[];
}

const DTYPES: Record<DType, DTypeInfo> = {
  float32: { code: TensorProto_DataType.FLOAT, bytes: 4, arrays: ["Float32Array"] },
  float16: { code: TensorProto_DataType.FLOAT16, bytes: 2, arrays: ["Uint16Array", "Float16Array"] },
  bfloat16: { code: TensorProto_DataType.BFLOAT16, bytes: 2, arrays: ["Uint16Array"] },
  int64: { code: TensorProto_DataType.INT64, bytes: 8, arrays: ["BigInt64Array"] },
  int32: { code: TensorProto_DataType.INT32, bytes: 4, arrays: ["Int32Array"] },
  uint8: { code: TensorProto_DataType.UINT8, bytes: 1, arrays: ["Uint8ClampedArray"] },
  int8: { code: TensorProto_DataType.INT8, bytes: 1, arrays: ["Int8Array"] },
  bool: { code: TensorProto_DataType.BOOL, bytes: 1, arrays: [] },
};

/** Bytes of one element. */
export function elementBytes(type: DType): number {
  return DTYPES[type].bytes;
}

/** The number that ONNX files use for `type`. */
export function dataTypeCode(type: DType): TensorProto_DataType {
  return DTYPES[type].code;
}

/** The name of ONNX's number for a type; undefined for types that the builder does not know. */
export function dtypeFromCode(code: TensorProto_DataType): DType | undefined {
  return (Object.keys(DTYPES) as DType[]).find((type) => DTYPES[type].code === code);
}

/** The names of the typed arrays that may hold elements of `type`, raw bytes last. */
export function arrayNames(type: DType): readonly string[] {
  return [...DTYPES[type].arrays, "Uint8Array"];
}

/** `values` as little-endian bytes of `type`; floats are rounded to the nearest, ties to even. */
export function encodeElements(type: DType, values: readonly (number | bigint)[]): Uint8Array {
  const size = elementBytes(type);
  const bytes = new Uint8Array(values.length * size);
  const view = new DataView(bytes.buffer);
  const set: Record<DType, (offset: number, value: number | bigint) => void> = {
    float32: (offset, value) => view.setFloat32(offset, Number(value), true),
    float16: (offset, value) => view.setUint16(offset, float16Bits(Number(value)), true),
    bfloat16: (offset, value) => view.setUint16(offset, bfloat16Bits(Number(value)), true),
    int64: (offset, value) => view.setBigInt64(offset, BigInt(value), true),
    int32: (offset, value) => view.setInt32(offset, Number(value), true),
    uint8: (offset, value) => view.setUint8(offset, Number(value)),
    int8: (offset, value) => view.setInt8(offset, Number(value)),
    bool: (offset, value) => view.setUint8(offset, Number(value) === 0 ? 0 : 1),
  };
  values.forEach((value, index) => {
    set[type](index * size, value);
  });
  return bytes;
}

const scratch: DataView = new DataView(new ArrayBuffer(4));

function bfloat16Bits(value: number): number {
  scratch.setFloat32(0, value);
  const bits = scratch.getUint32(0);
  if (Number.isNaN(value)) return 0x7fc0;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

function float16Bits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  // Half of the last step above the largest half-precision number, 65504, rounds to infinity.
  if (magnitude >= 65520) return sign | 0x7c00;
  // Below 2^-14 halves are multiples of 2^-24; above, the step is the power of two below the number, times 2^-10.
  const exponent = Math.max(Math.floor(Math.log2(magnitude)), -14);
  const scaled = magnitude / 2 ** (exponent - 10);
  const floor = Math.floor(scaled);
  const rest = scaled - floor;
  const rounded = rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
  // `rounded` holds the implicit leading bit (1024) of a normal number, which adds the last unit of the exponent.
  return sign | (magnitude === 0 ? 0 : ((exponent + 14) << 10) + rounded);
}
