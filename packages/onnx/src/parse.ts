import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { InternVLError } from "@internvl/core";
import { type ModelProto, ModelProtoSchema } from "./gen/onnx_pb.js";

/**
 * Reads the bytes of an .onnx file. External data is not read; `externalData` of an initializer says where it lies.
 *
 * @throws InternVLError `FILE_INVALID` when the bytes are no ONNX model
 */
export function parseModel(bytes: Uint8Array, name: string = "The model"): ModelProto {
  const invalid = (cause?: unknown) =>
    new InternVLError("FILE_INVALID", {
      what: `${name} is not an ONNX model`,
      expected: "a protobuf ModelProto with a graph",
      got: `${bytes.byteLength} bytes that are none`,
      fix: "Check that the file is complete.",
      cause,
    });
  let model: ModelProto;
  try {
    model = fromBinary(ModelProtoSchema, bytes);
  } catch (cause) {
    throw invalid(cause);
  }
  if (model.graph === undefined || model.irVersion === 0n) throw invalid();
  return model;
}

/** The bytes of an .onnx file: what `parseModel` reads. External data stays where it lies. */
export function encodeModel(model: ModelProto): Uint8Array {
  return toBinary(ModelProtoSchema, model);
}
