import {
  type DType,
  dtypeFromCode,
  elementBytes,
  GraphBuilder,
  parseModel,
  proto,
  serializeModel,
} from "@internvl/onnx";
import { describe, expect, it } from "vitest";

describe("element types", () => {
  it.each<[DType, number, number[]]>([
    ["float32", 4, [0, 0, 0xc0, 0xbf]],
    ["float16", 2, [0, 0xbe]],
    ["bfloat16", 2, [0xc0, 0xbf]],
    ["int64", 8, [0xfe, 255, 255, 255, 255, 255, 255, 255]],
    ["int32", 4, [0xfe, 255, 255, 255]],
    ["int8", 1, [0xfe]],
    ["uint8", 1, [0xfe]],
    ["bool", 1, [1]],
  ])("%s is written little endian, in %i bytes", async (type, size, bytes) => {
    const value = type.includes("float") ? -1.5 : type === "uint8" ? 254 : -2;
    const g = new GraphBuilder({ name: type });
    g.output("y", g.cast(g.scalar(type, value), "float32"));
    const [tensor] = parseModel(await serializeModel(g)).graph?.initializer ?? [];
    expect([...(tensor?.rawData ?? [])]).toEqual(bytes);
    expect(elementBytes(type)).toBe(size);
    expect(dtypeFromCode(tensor?.dataType ?? proto.TensorProto_DataType.UNDEFINED)).toBe(type);
  });

  it("a type that the builder does not know has no name", () => {
    expect(dtypeFromCode(proto.TensorProto_DataType.STRING)).toBeUndefined();
  });
});
