import { randomBytes } from "node:crypto";
import { type FileHandle, link, mkdir, open, realpath, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { assertSafePath, type FileSink, type PartialFile, partialFileWriter } from "@internvl/core";
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
  const placeOf = (path: string) => join(name, ...assertSafePath(path, name).split("/"));
  return {
    name,
    async create(path) {
      const target = placeOf(path);
      const partial = join(dirname(target), `.${basename(target)}.${randomBytes(6).toString("hex")}.partial`);
      try {
        await mkdir(dirname(target), { recursive: true });
        return partialFileWriter(partialFile(await open(partial, "wx"), partial, target));
      } catch (cause) {
        throw writeFailed(target, cause);
      }
    },
    async link(path, file) {
      const target = placeOf(path);
      try {
        await mkdir(dirname(target), { recursive: true });
        await rm(target, { force: true });
        // A hard link of a symbolic link would be one more symbolic link.
        await link(await realpath(file), target);
      } catch (cause) {
        throw writeFailed(target, cause);
      }
    },
  };
}

function partialFile(handle: FileHandle, partial: string, target: string): PartialFile {
  return {
    target,
    async write(bytes) {
      let written = 0;
      while (written < bytes.length) {
        const { bytesWritten } = await handle.write(bytes, written, bytes.length - written);
        written += bytesWritten;
      }
    },
    async finish() {
      await handle.close();
      await rename(partial, target);
    },
    async discard() {
      // Nothing more can be done about a handle or a name that is gone already.
      await handle.close().catch(() => {});
      await rm(partial, { force: true }).catch(() => {});
    },
    failed: (cause) => writeFailed(target, cause),
  };
}
