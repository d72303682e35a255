import { InternVLError, throwIfAborted } from "../errors.js";
import { assertSafePath, type ModelFiles } from "../files.js";
import type { LongCallOptions } from "../progress.js";

/** A folder in memory: the smallest `ModelFiles` there is, without paths on a disk. */
export class MemoryFiles implements ModelFiles {
  readonly name: string;
  readonly #files: ReadonlyMap<string, Uint8Array>;

  constructor(files: ReadonlyMap<string, Uint8Array> | Readonly<Record<string, Uint8Array>>, name = "memory") {
    this.#files = files instanceof Map ? files : new Map(Object.entries(files));
    this.name = name;
  }

  async list(): Promise<string[]> {
    return [...this.#files.keys()].sort();
  }

  async has(path: string): Promise<boolean> {
    return this.#files.has(assertSafePath(path, this.name));
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

  #get(path: string): Uint8Array {
    const bytes = this.#files.get(assertSafePath(path, this.name));
    if (bytes !== undefined) return bytes;
    throw new InternVLError("FILE_NOT_FOUND", { what: `${path} is not in ${this.name}` });
  }
}
