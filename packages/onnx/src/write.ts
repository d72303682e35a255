import { toBinary } from "@bufbuild/protobuf";
import {
  assertSafePath,
  type FileSink,
  type FileWriter,
  InternVLError,
  type LongCallOptions,
  throwIfAborted,
} from "@internvl/core";
import { PieceBuffers } from "./buffers.js";
import { pointTo } from "./external-data.js";
import { ModelProtoSchema } from "./gen/onnx_pb.js";
import type { GraphCore } from "./graph.js";
import { type ExternalTensor, isLocation } from "./initializers.js";
import type { BuiltGraph, PendingTensor } from "./proto.js";
import { type NamedTensor, ReadAhead } from "./read-ahead.js";

/**
 * Tensors from this size on start at a multiple of a page, so that a runtime can map them straight from the file; for
 * smaller ones the padding would cost more than the copy. 64 KB keeps the padding under 6 % of any tensor.
 */
const PAGED_BYTES = 65536;
const PAGE = 4096;
/** A cache line, and the widest vector register: kernels read weights in such steps. */
const LINE = 64;

/** Of the time for a tensor that has to be prepared: reading and computing it take longer than writing it. */
const PREPARING_SHARE = 0.75;

/** Protobuf keeps lengths in 31 bits, and every parser of ONNX refuses more. */
const MAX_MODEL_BYTES = 2 ** 31 - 1;

export interface WriteModelOptions extends LongCallOptions {
  /** The data file's name; it lies beside the model. Default: the model's name with `_data` added. */
  externalData?: string;
}

export interface WrittenModel {
  /** The files that were written, relative to the sink: the data file first if there is one. */
  files: string[];
  /** Bytes of all of them. */
  byteLength: number;
}

/**
 * Writes a graph to `path` (`"onnx/vision_encoder.onnx"`) and its `ExternalTensor`s, one after the other and a piece
 * at a time, to one data file beside it. Both files get their names only when both are complete.
 *
 * @throws InternVLError `GRAPH_INVALID` (the graph, or a tensor that yields another number of bytes than it said),
 *   `ABORTED`, and whatever the sink throws; nothing is left behind
 */
export async function writeModel(
  sink: FileSink,
  path: string,
  graph: GraphCore,
  options: WriteModelOptions = {},
): Promise<WrittenModel> {
  throwIfAborted(options.signal, `Writing ${path} was aborted`);
  const built = graph.build();
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  const location = assertSafePath(
    options.externalData ?? `${path.slice(folder.length)}_data`,
    "The externalData option",
  );
  const offsets = layOut(built.pending, location);
  const model = encode(built);
  const writers: FileWriter[] = [];
  const files: string[] = [];
  const create = async (file: string) => {
    const writer = await sink.create(file);
    writers.push(writer);
    files.push(file);
    return writer;
  };
  try {
    const dataBytes =
      built.pending.length === 0
        ? 0
        : await writeData(await create(folder + location), built.pending.map(named), offsets, options);
    await (await create(path)).write(model);
    throwIfAborted(options.signal, `Writing ${path} was aborted`);
    // The data file first: a model is never there without its weights.
    for (const writer of writers) await writer.commit();
    return { files, byteLength: dataBytes + model.byteLength };
  } catch (error) {
    for (const writer of writers) await writer.abort();
    throw error;
  }
}

/**
 * Writes one tensor to a file of its own, at whose beginning graphs find it (`ExternalLocation`).
 *
 * @param name how progress and messages call it
 * @throws InternVLError as `writeModel`
 */
export async function writeTensor(
  sink: FileSink,
  path: string,
  name: string,
  data: ExternalTensor,
  options: LongCallOptions = {},
): Promise<void> {
  const writer = await sink.create(path);
  try {
    await writeData(writer, [{ name, data }], [0], options);
    await writer.commit();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

/**
 * The whole model in memory, every weight in it: for tests and small graphs.
 *
 * @throws InternVLError `GRAPH_INVALID` when it would be over 2 GB, or when an initializer lies in a file
 */
export async function serializeModel(graph: GraphCore, options: { signal?: AbortSignal } = {}): Promise<Uint8Array> {
  const located = graph.initializers.find(({ data }) => !ArrayBuffer.isView(data) && isLocation(data));
  if (located !== undefined) {
    throw new InternVLError("GRAPH_INVALID", {
      what: `Initializer "${located.value.name}" lies in a file and cannot be put into the model`,
      fix: "Use writeModel, or give the bytes.",
    });
  }
  const built = graph.build();
  assertModelSize(
    graph.name,
    built.pending.reduce((sum, { data }) => sum + data.byteLength, 0),
  );
  for (const { proto, data } of built.pending) {
    const bytes = new Uint8Array(data.byteLength);
    let offset = 0;
    for await (const piece of checkedPieces(proto.name, data, data.bytes({ signal: options.signal }), options.signal)) {
      bytes.set(piece, offset);
      offset += piece.byteLength;
    }
    proto.rawData = bytes;
  }
  return encode(built);
}

/** Gives each tensor its place in the data file. */
function layOut(pending: readonly PendingTensor[], location: string): number[] {
  let end = 0;
  return pending.map(({ proto, data }) => {
    const alignment = data.byteLength >= PAGED_BYTES ? PAGE : LINE;
    const offset = Math.ceil(end / alignment) * alignment;
    pointTo(proto, location, offset, data.byteLength);
    end = offset + data.byteLength;
    return offset;
  });
}

function named({ proto, data }: PendingTensor): NamedTensor {
  return { name: proto.name, data };
}

async function writeData(
  writer: FileWriter,
  pending: readonly NamedTensor[],
  offsets: readonly number[],
  options: LongCallOptions,
): Promise<number> {
  const buffers = new PieceBuffers();
  const pieces = new PieceWriter(writer, buffers);
  try {
    const written = await writeTensors(pieces, pending, offsets, buffers, options);
    await pieces.end();
    return written;
  } catch (error) {
    // Nothing is removed under a write that is under way.
    await pieces.end().catch(() => undefined);
    throw error;
  }
}

/** Writes pieces one after the other, each while the next one is made. */
class PieceWriter {
  readonly #writer: FileWriter;
  readonly #buffers: PieceBuffers;
  #writing: Promise<void> = Promise.resolve();

  constructor(writer: FileWriter, buffers: PieceBuffers) {
    this.#writer = writer;
    this.#buffers = buffers;
  }

  /** Returns when the piece before this one is written. @throws what writing that one threw */
  async write(piece: Uint8Array): Promise<void> {
    await this.#writing;
    this.#writing = this.#writer.write(piece).then(() => this.#buffers.give(piece));
    // Whoever comes next awaits it; when it fails before, that is no unhandled rejection.
    this.#writing.catch(() => undefined);
  }

  /** Returns when all is written. @throws what writing the last piece threw */
  async end(): Promise<void> {
    await this.#writing;
  }
}

async function writeTensors(
  writer: PieceWriter,
  pending: readonly NamedTensor[],
  offsets: readonly number[],
  buffers: PieceBuffers,
  { signal, progress_callback }: LongCallOptions,
): Promise<number> {
  const last = pending.length - 1;
  const total = (offsets[last] ?? 0) + (pending[last]?.data.byteLength ?? 0);
  const ahead = new ReadAhead(pending, { signal, buffers });
  let written = 0;
  try {
    for (const [index, { name, data }] of pending.entries()) {
      const padding = (offsets[index] ?? 0) - written;
      if (padding > 0) await writer.write(new Uint8Array(padding));
      written += padding;
      const start = written;
      let prepared = 0;
      // Work before the first piece counts as bytes of its tensor, so that a bar moves on during it and never back.
      const report = () => {
        const loaded = Math.floor(prepared + (written - start) * (1 - prepared / Math.max(1, data.byteLength))) + start;
        progress_callback?.({ stage: "write", name, loaded, total, unit: "bytes" });
      };
      const preparing = (done: number) => {
        prepared = PREPARING_SHARE * done * data.byteLength;
        report();
      };
      const pieces = ahead.take(index, { signal, buffers, preparing });
      for await (const piece of checkedPieces(name, data, pieces, signal)) {
        await writer.write(piece);
        written += piece.byteLength;
        report();
      }
    }
  } finally {
    await ahead.end();
  }
  return written;
}

/** The pieces of a tensor, refused when they are more or fewer bytes than it said. */
async function* checkedPieces(
  name: string,
  { byteLength }: ExternalTensor,
  pieces: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  let received = 0;
  const mismatch = () =>
    new InternVLError("GRAPH_INVALID", {
      what: `Initializer "${name}" yields another number of bytes than it said`,
      expected: `${byteLength} bytes`,
      got: received > byteLength ? `${received} bytes and perhaps more` : `${received} bytes`,
    });
  for await (const piece of pieces) {
    throwIfAborted(signal, `Writing initializer "${name}" was aborted`);
    received += piece.byteLength;
    if (received > byteLength) throw mismatch();
    yield piece;
  }
  if (received !== byteLength) throw mismatch();
}

function encode({ proto }: BuiltGraph): Uint8Array {
  const inline = proto.graph?.initializer.reduce((sum, tensor) => sum + tensor.rawData.byteLength, 0) ?? 0;
  assertModelSize(proto.graph?.name ?? "", inline);
  return toBinary(ModelProtoSchema, proto);
}

function assertModelSize(name: string, bytes: number): void {
  if (bytes <= MAX_MODEL_BYTES) return;
  throw new InternVLError("GRAPH_INVALID", {
    what: `Graph "${name}" does not fit into one ONNX file`,
    expected: `at most ${MAX_MODEL_BYTES} bytes (2 GB, protobuf's limit)`,
    got: `${bytes} bytes of weights`,
    fix: "Give the large weights as external tensors and use writeModel.",
  });
}
