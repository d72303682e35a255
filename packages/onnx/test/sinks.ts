import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { FileSink, FileWriter } from "@internvl/core";

/** A folder in memory, which says what is finished and what is left half written, and can refuse a write. */
export class MemorySink implements FileSink {
  readonly name = "memory";
  readonly files = new Map<string, Uint8Array>();
  readonly unfinished = new Set<string>();
  /** The order in which files got their names. */
  readonly committed: string[] = [];
  /** The largest piece that was written. */
  largest = 0;
  readonly #failAfter: number;

  constructor(failAfter: number = Number.POSITIVE_INFINITY) {
    this.#failAfter = failAfter;
  }

  async create(path: string): Promise<FileWriter> {
    const pieces: Uint8Array[] = [];
    let written = 0;
    this.unfinished.add(path);
    return {
      write: async (bytes) => {
        written += bytes.byteLength;
        if (written > this.#failAfter) throw new Error("no space left on the disk");
        this.largest = Math.max(this.largest, bytes.byteLength);
        pieces.push(bytes.slice());
      },
      commit: async () => {
        this.files.set(path, new Uint8Array(await new Blob(pieces as BlobPart[]).arrayBuffer()));
        this.committed.push(path);
        this.unfinished.delete(path);
      },
      abort: async () => {
        this.unfinished.delete(path);
      },
    };
  }
}

/** A directory on disk. */
export function directorySink(directory: string): FileSink {
  return {
    name: directory,
    async create(path) {
      const file = join(directory, path);
      await mkdir(dirname(file), { recursive: true });
      const handle = await open(`${file}.part`, "w");
      return {
        write: async (bytes) => {
          await handle.write(bytes);
        },
        commit: async () => {
          await handle.close();
          await rename(`${file}.part`, file);
        },
        abort: async () => {
          await handle.close().catch(() => undefined);
          await rm(`${file}.part`, { force: true });
        },
      };
    },
  };
}
