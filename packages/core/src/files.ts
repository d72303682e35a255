import { InternVLError } from "./errors.js";
import type { LongCallOptions } from "./progress.js";

/** Where and how a model id is looked up. */
export interface HubOptions extends LongCallOptions {
  /** Branch, tag or commit. Default `"main"`. */
  revision?: string;
  cache_dir?: string;
  /** Never ask the network. */
  local_files_only?: boolean;
  token?: string;
  /** A folder within the model, `"onnx"` for instance. */
  subfolder?: string;
}

export interface ReadRangeOptions extends LongCallOptions {
  /**
   * Memory for the bytes, as long as the range. Where files come through a system call they are read into it and it is
   * returned; otherwise the bytes are in memory of their own, which nobody may write to.
   */
  into?: Uint8Array;
}

/** The bytes from `start` to before `end`. */
export interface ByteRange {
  start: number;
  end: number;
}

/** A file that is open for many reads of a few bytes. */
export interface RangeReader {
  readonly byteLength: number;
  /**
   * The bytes of all ranges, one behind the other, as the caller's own. Together they cost less than one by one.
   *
   * @throws InternVLError `FILE_INVALID` past the end, or when the file has changed; `ABORTED`
   */
  read(ranges: readonly ByteRange[], options?: { signal?: AbortSignal }): Promise<Uint8Array>;
}

/** The files of one model: a directory, a hub snapshot, dropped files. Paths are relative and use `/`. */
export interface ModelFiles {
  /** How messages name this place: the directory or the model id. */
  readonly name: string;
  /** Names the content: the same string stands for the same bytes. Absent where files may change, as in a directory. */
  readonly version?: string;
  /**
   * What another thread opens the same files from, with its `FileStore.reopen`: something that can be sent there. Absent where
   * only this thread has them.
   */
  readonly portable?: unknown;
  /** All paths, sorted. */
  list(): Promise<string[]>;
  /** Whether there is a file with this path. */
  has(path: string): Promise<boolean>;
  /** Bytes. @throws InternVLError `FILE_NOT_FOUND` */
  size(path: string): Promise<number>;
  /** @throws InternVLError `FILE_NOT_FOUND` */
  read(path: string, options?: LongCallOptions): Promise<Uint8Array>;
  /** The bytes from `start` to before `end`. @throws InternVLError `FILE_NOT_FOUND`, `FILE_INVALID` past the end */
  readRange(path: string, start: number, end: number, options?: ReadRangeOptions): Promise<Uint8Array>;
  /**
   * The file as a Blob, which is read when its bytes are needed; absent where files are no Blobs, as on a disk.
   *
   * @throws InternVLError `FILE_NOT_FOUND`
   */
  blob?(path: string, options?: LongCallOptions): Promise<Blob>;
  /**
   * Opens a file whose ranges are cheap: they are on this machine, nothing of it is fetched with a read and nothing is
   * kept in memory. Absent where that is not so, as on a web server, and where runtimes map files themselves.
   *
   * @throws InternVLError `FILE_NOT_FOUND`, and of a model that is fetched first what goes wrong with that
   */
  openRanges?(path: string, options?: LongCallOptions): Promise<RangeReader>;
  /** Where the file lies on disk, for runtimes that map files themselves; absent where there is no disk. */
  localPath?(path: string): string;
  /**
   * Brings files to this machine at once, as many as the place allows side by side; absent where they are here already.
   * What `localPath` names is there only afterwards. `read` and `readRange` fetch a file that was not asked for here.
   *
   * @throws InternVLError `FILE_NOT_FOUND`, and what goes wrong on the way (`HUB_UNAVAILABLE`, `FILE_WRITE_FAILED`, …)
   */
  prefetch?(paths: readonly string[], options?: LongCallOptions): Promise<void>;
}

/** Opens a model by a directory or a hub id. */
export interface FileStore {
  /** @throws InternVLError `FILE_NOT_FOUND`; for a hub id also `HUB_DENIED`, `HUB_UNAVAILABLE`, `OFFLINE` */
  open(model: string, options?: HubOptions): Promise<ModelFiles>;
  /**
   * The name by which another thread finds the same model; absent where names mean the same everywhere. In a browser an
   * address is relative to what asks for it, and a worker's script lies elsewhere than its page.
   */
  nameElsewhere?(model: string): Promise<string>;
  /** Files that another thread has opened, from their `portable`; absent where files are not sent between threads. */
  reopen?(portable: unknown): ModelFiles;
}

/** A file that is being written under a temporary name. */
export interface FileWriter {
  /** When it is done the bytes are written or copied: their memory may be used again. */
  write(bytes: Uint8Array): Promise<void>;
  /** Gives the file its name. Nothing of that name is visible before. */
  commit(): Promise<void>;
  /** Removes what was written. Safe after `commit` and after an error: it then does nothing. */
  abort(): Promise<void>;
}

/** A folder that files are written into: a directory on disk, OPFS in a browser. */
export interface FileSink {
  readonly name: string;
  create(path: string): Promise<FileWriter>;
  /**
   * Gives a file of the same disk one more name, in this folder: no bytes are copied, and the file stays for as long as it
   * has a name. What has the name now is replaced. Absent where files have no second name.
   *
   * @param file where it lies on disk; a link to a file means that file
   * @throws InternVLError `FILE_WRITE_FAILED`, on another disk for instance
   */
  link?(path: string, file: string): Promise<void>;
}

/**
 * What can be made again, kept between programs: small files by name, of which those that were not used for longest are
 * dropped when there are too many. What was put may be gone at any time.
 */
export interface ByteStore {
  /** Undefined where there is none. @throws InternVLError `FILE_INVALID` when it cannot be read */
  get(name: string): Promise<Uint8Array | undefined>;
  /** @throws InternVLError `FILE_WRITE_FAILED` */
  put(name: string, bytes: Uint8Array): Promise<void>;
}

/**
 * Refuses a path that would leave the model's folder. Listings and external-data fields come from files that anybody
 * can write, so every path read from them passes here first.
 */
export function assertSafePath(path: string, origin: string): string {
  const parts = path.split("/");
  const unsafe =
    path === "" ||
    path.includes("\\") ||
    path.includes("\0") ||
    /^[a-zA-Z]:/.test(path) ||
    parts.some((part) => part === "" || part === "." || part === "..");
  if (unsafe) {
    throw new InternVLError("FILE_INVALID", {
      what: `${origin} names a file outside of its folder`,
      expected: "a relative path without '..'",
      got: JSON.stringify(path),
      fix: "Do not use this file unless you trust where it comes from.",
    });
  }
  return path;
}

/** Writes a whole small file. */
export async function writeFile(sink: FileSink, path: string, content: string | Uint8Array): Promise<void> {
  const writer = await sink.create(path);
  try {
    await writer.write(typeof content === "string" ? new TextEncoder().encode(content) : content);
    await writer.commit();
  } catch (error) {
    await writer.abort();
    throw error;
  }
}
