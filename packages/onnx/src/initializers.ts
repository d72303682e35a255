import { assertSafePath, InternVLError } from "@internvl/core";
import type { PieceBuffers } from "./buffers.js";
import { elementCount, formatShape, type Shape } from "./dims.js";
import { arrayNames, type DType, elementBytes } from "./dtypes.js";

/** Weights that are read when the model is written, so that no more than a piece of them is in memory. */
export interface ExternalTensor {
  readonly byteLength: number;
  /**
   * Yields the bytes in order, little endian, in pieces of any size. A piece is written while the next one is made, so
   * that it stays as it was given. Called once for every write.
   */
  bytes(options?: ExternalReadOptions): AsyncIterable<Uint8Array>;
  /**
   * Bytes that wait in memory when the first piece is asked for while tensors before this one are still being written, so
   * that many small tensors are read ahead as well. Absent: it begins in its turn, as one does that works long, or that
   * needs what another one left.
   */
  readonly waitingBytes?: number;
}

export interface ExternalReadOptions {
  signal?: AbortSignal;
  /** Memory for pieces. One that was taken from here is given back when it is written. */
  buffers?: PieceBuffers;
  /** Called by those that work for long before their first piece: how much of that work is done, 0 to 1. */
  preparing?: (done: number) => void;
}

/** Weights that lie in a file already; the model only points at them. */
export interface ExternalLocation {
  /** The file's path, relative to the folder of the .onnx file. onnxruntime refuses paths that leave that folder. */
  readonly location: string;
  /** Where the tensor starts in the file, in bytes. */
  readonly offset: number;
  readonly byteLength: number;
}

/** Elements in memory (a typed array of the fitting kind, or raw little-endian bytes), a stream, or a place in a file. */
export type InitializerData = ArrayBufferView | ExternalTensor | ExternalLocation;

/** Elements in memory as an `ExternalTensor`: they go to the external data file instead of into the model. */
export function external(array: ArrayBufferView): ExternalTensor {
  const bytes = bytesOf(array);
  return {
    byteLength: bytes.byteLength,
    async *bytes() {
      yield bytes;
    },
  };
}

export function isLocation(data: InitializerData): data is ExternalLocation {
  return "location" in data;
}

/** The bytes under a typed array. Typed arrays have the machine's byte order: little endian wherever JavaScript runs. */
export function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** Checks that `data` is what `type` and `shape` say. @throws InternVLError `GRAPH_INVALID`, `FILE_INVALID` */
export function checkInitializer(name: string, type: DType, shape: Shape, data: InitializerData): void {
  const invalid = (what: string, expected: string, got: string, fix?: string) =>
    new InternVLError("GRAPH_INVALID", { what: `Initializer "${name}": ${what}`, expected, got, fix });
  const count = elementCount(shape);
  if (count === undefined) throw invalid("the shape is not known", "lengths only", formatShape(shape));
  if (shape.some((length) => !Number.isInteger(length) || Number(length) < 0)) {
    throw invalid("a length is impossible", "whole numbers from 0", formatShape(shape));
  }
  const kind = (data as { [Symbol.toStringTag]?: string })[Symbol.toStringTag] ?? "";
  if (ArrayBuffer.isView(data) && !arrayNames(type).includes(kind)) {
    throw invalid(`the data does not hold ${type}`, `a ${arrayNames(type).join(" or ")}`, `a ${kind}`);
  }
  if (data.byteLength !== count * elementBytes(type)) {
    const expected = `${count * elementBytes(type)} bytes for ${type} ${formatShape(shape)}`;
    throw invalid("the data has another length than the shape", expected, `${data.byteLength} bytes`);
  }
  if (!ArrayBuffer.isView(data) && isLocation(data)) {
    assertSafePath(data.location, `Initializer "${name}"`);
    if (!Number.isSafeInteger(data.offset) || data.offset < 0) {
      throw invalid("the offset is impossible", "a whole number from 0", String(data.offset));
    }
  }
}
