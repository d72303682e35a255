import { type FileSink, InternVLError, type JsonObject, type ModelFiles } from "@internvl/core";

/** A model's folder in memory, for reading and writing. */
export class MemoryFiles implements ModelFiles, FileSink {
  readonly name = "memory";
  readonly files: Map<string, Uint8Array> = new Map();

  constructor(files: Record<string, JsonObject> = {}) {
    for (const [path, value] of Object.entries(files)) {
      this.files.set(path, new TextEncoder().encode(JSON.stringify(value)));
    }
  }

  async list(): Promise<string[]> {
    return [...this.files.keys()].sort();
  }

  async has(path: string): Promise<boolean> {
    return this.files.has(path);
  }

  async size(path: string): Promise<number> {
    return (await this.read(path)).length;
  }

  async read(path: string): Promise<Uint8Array> {
    const bytes = this.files.get(path);
    if (bytes === undefined) throw new InternVLError("FILE_NOT_FOUND", { what: `There is no ${path}` });
    return bytes;
  }

  async readRange(path: string, start: number, end: number): Promise<Uint8Array> {
    return (await this.read(path)).subarray(start, end);
  }

  json(path: string): JsonObject {
    return JSON.parse(new TextDecoder().decode(this.files.get(path)));
  }

  async create(path: string): ReturnType<FileSink["create"]> {
    const parts: number[] = [];
    return {
      write: async (bytes) => void parts.push(...bytes),
      commit: async () => void this.files.set(path, Uint8Array.from(parts)),
      abort: async () => {},
    };
  }
}
