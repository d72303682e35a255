import { randomBytes } from "node:crypto";
import { type FileHandle, mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { assertSafePath, type FileSink, type FileWriter, InternVLError } from "@internvl/core";
import { writeFailed } from "./write-failed.js";

/**
 * A folder to write into; it and the folders within are made when the first file needs them.
 *
 * A file is written as `.NAME.RANDOM.partial` beside its place and renamed on `commit`, which replaces a file of that
 * name at once. Whatever goes wrong, the partial file is removed; only a program that is killed leaves one behind, so a
 * program that handles SIGINT calls `abort` on its open writers.
 *
 * @throws InternVLError from `create`, `write` and `commit`: `FILE_WRITE_FAILED` (no space, no permission, …)
 */
export async function openDirectorySink(directory: string): Promise<FileSink> {
  const name = resolve(directory);
  return {
    name,
    async create(path) {
      const target = join(name, ...assertSafePath(path, name).split("/"));
      const partial = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString("hex")}.partial`);
      try {
        await mkdir(dirname(target), { recursive: true });
        return new PartialFile(await open(partial, "wx"), partial, target);
      } catch (cause) {
        throw writeFailed(target, cause);
      }
    },
  };
}

class PartialFile implements FileWriter {
  readonly #handle: FileHandle;
  readonly #partial: string;
  readonly #target: string;
  #open = true;

  constructor(handle: FileHandle, partial: string, target: string) {
    this.#handle = handle;
    this.#partial = partial;
    this.#target = target;
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#attempt(async () => {
      let written = 0;
      while (written < bytes.length) {
        const { bytesWritten } = await this.#handle.write(bytes, written, bytes.length - written);
        written += bytesWritten;
      }
    });
  }

  async commit(): Promise<void> {
    await this.#attempt(async () => {
      await this.#handle.close();
      await rename(this.#partial, this.#target);
      this.#open = false;
    });
  }

  async abort(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    // Nothing more can be done about a handle or a name that is gone already.
    await this.#handle.close().catch(() => {});
    await rm(this.#partial, { force: true }).catch(() => {});
  }

  async #attempt(action: () => Promise<void>): Promise<void> {
    if (!this.#open) {
      throw new InternVLError("FILE_WRITE_FAILED", {
        what: `${this.#target} was written to after its end`,
        fix: "Create a new writer.",
      });
    }
    try {
      await action();
    } catch (cause) {
      await this.abort();
      throw writeFailed(this.#target, cause);
    }
  }
}
