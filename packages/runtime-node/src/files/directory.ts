import type { Stats } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import {
  assertSafePath,
  InternVLError,
  type LongCallOptions,
  type ModelFiles,
  type ReadRangeOptions,
  throwIfAborted,
} from "@internvl/core";
import { HandlePool } from "./handles.js";
import { isErrno, isMissing } from "./system-error.js";

/** How much is read between two looks at the signal: large enough to cost nothing, small enough to stop soon. */
const READ_CHUNK = 16 * 1024 * 1024;

/** How many names of a folder a message about a missing file shows. */
const SHOWN_NAMES = 8;

/**
 * The files below one directory.
 *
 * Links to files are followed, wherever they lead: the cache of `huggingface_hub` is made of them. Links to folders are
 * not listed (they may go in circles), nor is what lies in folders whose name starts with a dot (`.git`, `.cache`).
 * Files that are read stay open for a moment, so that many ranges of one file cost one `open`; `close` does not wait.
 */
export class DirectoryFiles implements ModelFiles {
  /** The directory, absolute. */
  readonly name: string;
  readonly #handles = new HandlePool();

  constructor(directory: string) {
    this.name = resolve(directory);
  }

  async list(): Promise<string[]> {
    const found: string[] = [];
    await this.#collect("", found);
    return found.sort();
  }

  async has(path: string): Promise<boolean> {
    try {
      return (await stat(this.localPath(path))).isFile();
    } catch (error) {
      if (isMissing(error)) return false;
      throw this.#unreadable(path, error);
    }
  }

  async size(path: string): Promise<number> {
    return (await this.#stat(path)).size;
  }

  async read(path: string, options: LongCallOptions = {}): Promise<Uint8Array> {
    throwIfAborted(options.signal);
    const info = await this.#stat(path);
    return this.#readBytes(path, info, 0, info.size, options);
  }

  async readRange(path: string, start: number, end: number, options: ReadRangeOptions = {}): Promise<Uint8Array> {
    throwIfAborted(options.signal);
    const info = await this.#stat(path);
    if (!Number.isInteger(start) || !Number.isInteger(end) || start < 0 || end < start || end > info.size) {
      throw new InternVLError("FILE_INVALID", {
        what: `${path} in ${this.name} has no such range of bytes`,
        expected: `a range within 0 to ${info.size}`,
        got: `${start} to ${end}`,
        fix: "The file may be cut off: compare its size with the original's.",
      });
    }
    return this.#readBytes(path, info, start, end, options);
  }

  /** Where the file lies. Links are not resolved, so that what stands beside the link is beside this path as well. */
  localPath(path: string): string {
    return join(this.name, ...assertSafePath(path, this.name).split("/"));
  }

  /** Closes the files that are still open now. Reading afterwards opens them again. */
  async close(): Promise<void> {
    await this.#handles.close();
  }

  async #stat(path: string): Promise<Stats> {
    const local = this.localPath(path);
    try {
      const info = await stat(local);
      if (info.isFile()) return info;
    } catch (error) {
      if (!isMissing(error)) throw this.#unreadable(path, error);
    }
    throw await this.#notFound(path);
  }

  async #readBytes(
    path: string,
    info: Stats,
    start: number,
    end: number,
    options: ReadRangeOptions,
  ): Promise<Uint8Array> {
    try {
      return await this.#handles.use(this.localPath(path), info, async (handle) => {
        const { into } = options;
        const bytes = into?.length === end - start ? into : new Uint8Array(end - start);
        let done = 0;
        while (done < bytes.length) {
          throwIfAborted(options.signal);
          const length = Math.min(READ_CHUNK, bytes.length - done);
          const { bytesRead } = await handle.read(bytes, done, length, start + done);
          if (bytesRead === 0) throw this.#shrunk(path, end, start + done);
          done += bytesRead;
          options.progress_callback?.({ stage: "read", name: path, loaded: done, total: bytes.length, unit: "bytes" });
        }
        return bytes;
      });
    } catch (error) {
      if (InternVLError.isInstance(error)) throw error;
      throw isMissing(error) ? await this.#notFound(path) : this.#unreadable(path, error);
    }
  }

  async #collect(folder: string, found: string[]): Promise<void> {
    let entries: Awaited<ReturnType<typeof readEntries>>;
    try {
      entries = await readEntries(join(this.name, folder));
    } catch (error) {
      throw this.#unreadable(folder === "" ? "." : folder, error);
    }
    for (const entry of entries) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!entry.name.startsWith(".")) await this.#collect(path, found);
      } else if (entry.isFile() || (entry.isSymbolicLink() && (await isFile(join(this.name, path))))) {
        found.push(path);
      }
    }
  }

  async #notFound(path: string): Promise<InternVLError> {
    return new InternVLError("FILE_NOT_FOUND", {
      what: `${path} is not in ${this.name}`,
      got: await this.#contents(path),
      fix: "Check the folder and the spelling, or download the file.",
    });
  }

  /** What the folder holds that the path should be in, for the message; the whole when that folder does not exist. */
  async #contents(path: string): Promise<string> {
    const folder = path.split("/").slice(0, -1).join("/");
    const entries = await readEntries(join(this.name, folder)).catch(() => undefined);
    if (entries === undefined) return folder === "" ? "no such folder" : `no folder ${folder} either`;
    const names = entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)).sort();
    if (names.length === 0) return "an empty folder";
    const more = names.length > SHOWN_NAMES ? ` and ${names.length - SHOWN_NAMES} more` : "";
    return `a folder with ${names.slice(0, SHOWN_NAMES).join(", ")}${more}`;
  }

  #shrunk(path: string, end: number, size: number): InternVLError {
    return new InternVLError("FILE_INVALID", {
      what: `${path} in ${this.name} became shorter while it was read`,
      expected: `${end} bytes`,
      got: `${size}`,
      fix: "Wait until the program that writes it is done.",
    });
  }

  #unreadable(path: string, cause: unknown): InternVLError {
    return new InternVLError("FILE_INVALID", {
      what: `${path} in ${this.name} cannot be read: ${(cause as Error).message}`,
      fix: isErrno(cause, "EACCES", "EPERM") ? "Give yourself the right to read it." : undefined,
      cause,
    });
  }
}

function readEntries(folder: string) {
  return readdir(folder, { withFileTypes: true });
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    // A link that leads nowhere is no file.
    return false;
  }
}
