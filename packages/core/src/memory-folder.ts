import { InternVLError, throwIfAborted } from "./errors.js";
import { assertSafePath, type FileSink, type FileWriter, type ModelFiles, type RangeReader } from "./files.js";
import type { LongCallOptions } from "./progress.js";

/**
 * A model's folder in memory, to read from and to write into: dropped files, a conversion that never touches a disk,
 * tests. Strings are stored as UTF-8.
 */
export class MemoryFolder implements ModelFiles, FileSink {
  readonly name: string;
  /** What it holds, by path. A file that is being written is not there before it is committed. */
  readonly files: Map<string, Uint8Array> = new Map();

  constructor(files: Readonly<Record<string, Uint8Array | string>> = {}, name: string = "memory") {
    this.name = name;
    for (const [path, content] of Object.entries(files)) {
      this.files.set(path, typeof content === "string" ? new TextEncoder().encode(content) : content);
    }
  }

  async list(): Promise<string[]> {
    return [...this.files.keys()].sort();
  }

  async has(path: string): Promise<boolean> {
    return this.files.has(assertSafePath(path, this.name));
  }

  async size(path: string): Promise<number> {
    return this.#get(path).length;
  }

  async read(path: string, { signal }: LongCallOptions = {}): Promise<Uint8Array> {
    throwIfAborted(signal);
    return this.#get(path).slice();
  }

  async readRange(path: string, start: number, end: number, { signal }: LongCallOptions = {}): Promise<Uint8Array> {
    throwIfAborted(signal);
    const bytes = this.#get(path);
    if (start < 0 || end < start || end > bytes.length) {
      throw new InternVLError("FILE_INVALID", {
        what: `${path} in ${this.name} has no such range of bytes`,
        expected: `a range within 0 to ${bytes.length}`,
        got: `${start} to ${end}`,
      });
    }
    return bytes.slice(start, end);
  }

  async openRanges(path: string): Promise<RangeReader> {
    return {
      byteLength: await this.size(path),
      read: async (ranges, options) =>
        joined(await Promise.all(ranges.map(({ start, end }) => this.readRange(path, start, end, options)))),
    };
  }

  async create(path: string): Promise<FileWriter> {
    return new MemoryWriter(this.files, assertSafePath(path, this.name));
  }

  #get(path: string): Uint8Array {
    const bytes = this.files.get(assertSafePath(path, this.name));
    if (bytes !== undefined) return bytes;
    throw new InternVLError("FILE_NOT_FOUND", { what: `${path} is not in ${this.name}` });
  }
}

class MemoryWriter implements FileWriter {
  readonly #files: Map<string, Uint8Array>;
  readonly #path: string;
  #pieces: Uint8Array[] | undefined = [];

  constructor(files: Map<string, Uint8Array>, path: string) {
    this.#files = files;
    this.#path = path;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#open().push(bytes.slice());
  }

  async commit(): Promise<void> {
    this.#files.set(this.#path, joined(this.#open()));
    this.#pieces = undefined;
  }

  async abort(): Promise<void> {
    this.#pieces = undefined;
  }

  #open(): Uint8Array[] {
    if (this.#pieces !== undefined) return this.#pieces;
    throw new InternVLError("FILE_WRITE_FAILED", { what: `${this.#path} has been committed or aborted already` });
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
