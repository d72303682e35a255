import { assertSafePath, type FileSink, type FileWriter, InternVLError } from "@internvl/core";

/** A sink into a map: the smallest one that keeps the contract. */
export function memorySink(files: Map<string, Uint8Array>): FileSink {
  return {
    name: "memory",
    async create(path) {
      return new MemoryWriter(files, assertSafePath(path, "memory"));
    },
  };
}

class MemoryWriter implements FileWriter {
  #chunks: number[] | undefined = [];
  constructor(
    readonly files: Map<string, Uint8Array>,
    readonly path: string,
  ) {}

  async write(bytes: Uint8Array): Promise<void> {
    if (this.#chunks === undefined) throw new InternVLError("FILE_WRITE_FAILED", { what: `${this.path} is finished` });
    for (const byte of bytes) this.#chunks.push(byte);
  }

  async commit(): Promise<void> {
    this.files.set(this.path, Uint8Array.from(this.#chunks ?? []));
    this.#chunks = undefined;
  }

  async abort(): Promise<void> {
    this.#chunks = undefined;
  }
}
