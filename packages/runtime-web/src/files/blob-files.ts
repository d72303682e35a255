import {
  assertSafePath,
  InternVLError,
  type LongCallOptions,
  type ModelFiles,
  type RangeReader,
  throwIfAborted,
} from "@internvl/core";

/** Files that can be had as Blobs, which browsers read piece by piece: chosen files, folders, stored downloads. */
export interface BlobSource {
  readonly name: string;
  readonly version?: string;
  readonly portable?: unknown;
  /** All paths, in any order. */
  list(): Promise<string[]>;
  /** Bytes; undefined where there is no such file. Fetches nothing. */
  size(path: string): Promise<number | undefined>;
  /** The file; undefined where there is none. */
  find(path: string, options: LongCallOptions): Promise<Blob | undefined>;
  prefetch?(paths: readonly string[], options: LongCallOptions): Promise<void>;
}

/** `ModelFiles` over a source of Blobs. */
export class BlobFiles implements ModelFiles {
  readonly name: string;
  readonly version?: string;
  readonly portable?: unknown;
  readonly prefetch?: ModelFiles["prefetch"];
  readonly #source: BlobSource;

  constructor(source: BlobSource) {
    this.#source = source;
    this.name = source.name;
    if (source.version !== undefined) this.version = source.version;
    if (source.portable !== undefined) this.portable = source.portable;
    if (source.prefetch !== undefined) this.prefetch = (paths, options = {}) => source.prefetch!(paths, options);
  }

  async list(): Promise<string[]> {
    return (await this.#source.list()).sort();
  }

  async has(path: string): Promise<boolean> {
    return (await this.#source.size(assertSafePath(path, this.name))) !== undefined;
  }

  async size(path: string): Promise<number> {
    return (await this.#source.size(assertSafePath(path, this.name))) ?? this.#missing(path);
  }

  async read(path: string, options: LongCallOptions = {}): Promise<Uint8Array> {
    return this.#bytes(path, await this.blob(path, options), options);
  }

  async readRange(path: string, start: number, end: number, options: LongCallOptions = {}): Promise<Uint8Array> {
    const blob = await this.blob(path, options);
    assertRange(path, this.name, start, end, blob.size);
    return this.#bytes(path, blob.slice(start, end), options);
  }

  async blob(path: string, options: LongCallOptions = {}): Promise<Blob> {
    assertSafePath(path, this.name);
    throwIfAborted(options.signal);
    return (await this.#source.find(path, options)) ?? this.#missing(path);
  }

  /** One Blob for all ranges of a read: browsers ask another process for each Blob's bytes, and that is what takes time. */
  async openRanges(path: string, options?: LongCallOptions): Promise<RangeReader> {
    const blob = await this.blob(path, options);
    return {
      byteLength: blob.size,
      read: async (ranges, options = {}) => {
        const slices = ranges.map(({ start, end }) => {
          assertRange(path, this.name, start, end, blob.size);
          return blob.slice(start, end);
        });
        return this.#bytes(path, new Blob(slices), options);
      },
    };
  }

  async #bytes(path: string, blob: Blob, { signal, progress_callback }: LongCallOptions): Promise<Uint8Array> {
    try {
      const bytes = new Uint8Array(await blob.arrayBuffer());
      throwIfAborted(signal);
      progress_callback?.({ stage: "read", name: path, loaded: bytes.length, total: bytes.length, unit: "bytes" });
      return bytes;
    } catch (cause) {
      if (InternVLError.isInstance(cause)) throw cause;
      throw new InternVLError("FILE_INVALID", {
        what: `${path} in ${this.name} cannot be read: ${(cause as Error).message}`,
        fix: "It may have been changed or moved: choose or open it again. Large files need as much free memory.",
        cause,
      });
    }
  }

  #missing(path: string): never {
    throw new InternVLError("FILE_NOT_FOUND", {
      what: `${path} is not in ${this.name}`,
      fix: "Check the folder and the spelling.",
    });
  }
}

/** @throws InternVLError `FILE_INVALID` for a range that the file does not have */
export function assertRange(path: string, name: string, start: number, end: number, size: number): void {
  if (Number.isInteger(start) && Number.isInteger(end) && start >= 0 && end >= start && end <= size) return;
  throw new InternVLError("FILE_INVALID", {
    what: `${path} in ${name} has no such range of bytes`,
    expected: `a range within 0 to ${size}`,
    got: `${start} to ${end}`,
    fix: "The file may be cut off: compare its size with the original's.",
  });
}
