import { create } from "@bufbuild/protobuf";
import { StringStringEntryProtoSchema, type TensorProto, TensorProto_DataLocation } from "./gen/onnx_pb.js";

/** Where the bytes of a tensor lie in a file. */
export interface ExternalPlace {
  /** The file's path, from the folder of the graph. */
  location: string;
  offset: number;
  /** Undefined where the file goes on to its end. */
  byteLength: number | undefined;
}

/** Says in `proto` that its bytes lie in a file. Numbers are decimal text there, so offsets beyond 2 GB are nothing special. */
export function pointTo(proto: TensorProto, location: string, offset: number, byteLength: number): void {
  const entry = (key: string, value: string) => create(StringStringEntryProtoSchema, { key, value });
  proto.externalData = [
    entry("location", location),
    entry("offset", String(offset)),
    entry("length", String(byteLength)),
  ];
  proto.dataLocation = TensorProto_DataLocation.EXTERNAL;
}

/** Where the bytes of a tensor lie; undefined if that is in the graph itself. */
export function externalPlace({ externalData }: TensorProto): ExternalPlace | undefined {
  const entries = new Map(externalData.map(({ key, value }) => [key, value]));
  const location = entries.get("location");
  if (location === undefined) return undefined;
  const length = entries.get("length");
  return {
    location,
    offset: Number(entries.get("offset") ?? 0),
    byteLength: length === undefined ? undefined : Number(length),
  };
}
