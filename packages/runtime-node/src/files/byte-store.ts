import { access, constants, mkdir, readdir, readFile, rm, stat, utimes } from "node:fs/promises";
import { join, resolve } from "node:path";
import { assertSafePath, type ByteStore, InternVLError, writeFile } from "@internvl/core";
import { openDirectorySink } from "./sink.js";
import { isMissing } from "./system-error.js";
import { writeFailed } from "./write-failed.js";

/** Files of the store have it, and no others are counted or removed: the folder may be somebody's. */
const ENDING = ".kept";
/** How much of `max_bytes` is left when files are removed, so that not every `put` has to look at all of them. */
const AFTER_REMOVING = 0.9;

/**
 * A store in a folder on disk, one file a name. Several programs may share it: files appear whole, and a file's time says
 * when it was used last.
 *
 * @throws InternVLError `FILE_WRITE_FAILED` when the folder cannot be made or written to
 */
export async function openDirectoryStore(directory: string, max_bytes: number): Promise<ByteStore> {
  const folder = resolve(directory);
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.R_OK | constants.W_OK);
  } catch (cause) {
    throw writeFailed(folder, cause);
  }
  const sink = await openDirectorySink(folder);
  // How much there is by the last look, and what was put since.
  let bytes = Number.POSITIVE_INFINITY;

  return {
    async get(name) {
      const path = join(folder, fileOf(name));
      try {
        const content = await readFile(path);
        const now = new Date();
        // Gone meanwhile, or another's to touch: it was read all the same.
        await utimes(path, now, now).catch(() => {});
        return new Uint8Array(content.buffer, content.byteOffset, content.byteLength);
      } catch (cause) {
        if (isMissing(cause)) return undefined;
        throw new InternVLError("FILE_INVALID", { what: `${path} could not be read`, cause });
      }
    },
    async put(name, content) {
      await writeFile(sink, fileOf(name), content);
      bytes += content.length;
      if (bytes > max_bytes) bytes = await removeOldest(folder, max_bytes);
    },
  };
}

function fileOf(name: string): string {
  const file = assertSafePath(`${name}${ENDING}`, "A store of bytes");
  if (!file.includes("/")) return file;
  throw new InternVLError("INPUT_INVALID", { what: "A name in a store of bytes has a folder", got: name });
}

/** @returns the bytes that are left */
async function removeOldest(folder: string, max_bytes: number): Promise<number> {
  const files = [];
  let bytes = 0;
  for (const name of (await readdir(folder)).filter((file) => file.endsWith(ENDING))) {
    const path = join(folder, name);
    // Another program may have removed it.
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) continue;
    files.push({ path, size: found.size, used: found.mtimeMs });
    bytes += found.size;
  }
  if (bytes <= max_bytes) return bytes;
  for (const { path, size } of files.sort((one, other) => one.used - other.used)) {
    if (bytes <= AFTER_REMOVING * max_bytes) break;
    await rm(path, { force: true });
    bytes -= size;
  }
  return bytes;
}
