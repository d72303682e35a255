import { InternVLError, type ModelFiles } from "@internvl/core";
import type { PieceBuffers } from "@internvl/onnx";
import { elementCount, type SafetensorsDtype } from "../safetensors/dtype.js";
import type { SafetensorsEntry } from "../safetensors/layout.js";
import { streamRanges } from "./stream.js";

export interface StreamOptions {
  signal?: AbortSignal;
  /** About how many bytes a piece has. Default 1 MB: large enough for a disk's full speed, small enough for a cache. */
  pieceBytes?: number;
  /** Pieces are whole multiples of this, of a row for instance; one unit is read even if it is longer. Default 8. */
  unitBytes?: number;
  /** Memory that pieces may lie in. Whoever is done with such a piece gives it back. */
  buffers?: PieceBuffers;
}

/** Where in a checkpoint a tensor's bytes lie as they are. */
export interface StoredPlace {
  /** Relative to the checkpoint's folder. */
  readonly file: string;
  /** Bytes from the beginning of `file`. */
  readonly offset: number;
}

/** What conversion and quantisation need of a tensor. Anything that can stream its bytes will do. */
export interface WeightSource {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  /** Absent for what is computed or put together. */
  readonly place?: StoredPlace;
  /** Whether it is read as it is stored, in one file or several, and nothing is computed: reading ahead takes memory only. */
  readonly isStored?: boolean;
  /**
   * The elements of rows `start` to before `end` of the leading dimension, little-endian, row-major. A row of a vector is
   * one element; a scalar has one row.
   *
   * @param into memory for exactly these bytes, which is used and returned where nothing stands against it
   */
  rows(start: number, end: number, options?: { signal?: AbortSignal }, into?: Uint8Array): Promise<Uint8Array>;
  /** The elements, little-endian, row-major, in pieces. */
  stream(options?: StreamOptions): AsyncIterable<Uint8Array>;
}

/**
 * Tensors by name: a checkpoint, or a view of one (in the names of another dialect, with an adapter merged, resized).
 * Views are stacked, and nothing is read before a tensor is streamed.
 */
export interface TensorSource {
  /** How messages name it: the directory or the model id. */
  readonly name: string;
  /** All names, sorted. */
  names(): string[];
  has(name: string): boolean;
  /** @throws InternVLError `CHECKPOINT_INVALID` when there is no tensor of this name */
  get(name: string): WeightSource;
}

/** A tensor of a checkpoint: where it lies, and reads of it. Its data are read when they are asked for, never kept. */
export class CheckpointTensor implements WeightSource {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  /** The number of elements. */
  readonly numel: number;
  readonly byteLength: number;
  /** The file that holds it, relative to the checkpoint's folder. */
  readonly file: string;
  /** Where it begins: bytes from the beginning of `file`. */
  readonly offset: number;
  readonly isStored = true;
  readonly #files: ModelFiles;

  constructor(files: ModelFiles, file: string, entry: SafetensorsEntry) {
    this.#files = files;
    this.file = file;
    this.name = entry.name;
    this.dtype = entry.dtype;
    this.shape = entry.shape;
    this.numel = elementCount(entry.shape);
    this.byteLength = entry.byteLength;
    this.offset = entry.offset;
  }

  get place(): StoredPlace {
    return { file: this.file, offset: this.offset };
  }

  /** All of its bytes. */
  read(options: { signal?: AbortSignal } = {}): Promise<Uint8Array> {
    return this.#range(0, this.byteLength, options);
  }

  /**
   * The bytes of rows `start` to before `end` of the leading dimension.
   *
   * @throws InternVLError `INPUT_INVALID` for rows that are not there
   */
  rows(start: number, end: number, options: { signal?: AbortSignal } = {}, into?: Uint8Array): Promise<Uint8Array> {
    const count = this.shape[0] ?? 1;
    if (!Number.isInteger(start) || !Number.isInteger(end) || start < 0 || start > end || end > count) {
      throw new InternVLError("INPUT_INVALID", {
        what: `Tensor ${this.name} has no such rows`,
        expected: `rows within 0 to ${count}`,
        got: `${start} to ${end}`,
      });
    }
    const rowBytes = count === 0 ? 0 : this.byteLength / count;
    return this.#range(start * rowBytes, end * rowBytes, options, into);
  }

  stream(options: StreamOptions = {}): AsyncGenerator<Uint8Array, void, undefined> {
    return streamRanges(this.byteLength, (start, end, into) => this.#range(start, end, options, into), options);
  }

  async #range(
    start: number,
    end: number,
    { signal }: { signal?: AbortSignal },
    into?: Uint8Array,
  ): Promise<Uint8Array> {
    return start === end
      ? new Uint8Array(0)
      : this.#files.readRange(this.file, this.offset + start, this.offset + end, { signal, into });
  }
}
