import { rm } from "node:fs/promises";
import { join } from "node:path";
import {
  assertSafePath,
  InternVLError,
  type LongCallOptions,
  type ModelFiles,
  type ReadRangeOptions,
  throwIfAborted,
} from "@internvl/core";
import { entryNotFound, type RepoFile } from "@internvl/core/hub";
import { DirectoryFiles } from "../files/directory.js";
import { offlineError } from "./errors.js";
import { fetchFiles, type RemoteModel } from "./fetch-files.js";
import type { Listing } from "./listing.js";

export interface SnapshotSource extends RemoteModel {
  revision: string;
  listing: Listing;
  /** Ends with `/`, or is empty. */
  folder: string;
  /** The options that the model was opened with: what a later call does not say. */
  defaults: LongCallOptions;
}

/**
 * The files of a model on the Hub at one commit. Opening costs the listing; a file is fetched whole, into the cache of
 * the Hugging Face tools, when it is first read, or before with others by `prefetch`. Ranges are read from the fetched
 * file and never over the network, because only a whole file can be checked against its checksum.
 */
export class SnapshotFiles implements ModelFiles {
  /** The model's id, with `@` and the revision when it is not `main`. */
  readonly name: string;
  /** The model's id, the commit, and the folder within where it is not the whole. */
  readonly version: string;
  readonly #source: SnapshotSource;
  readonly #directory: DirectoryFiles;

  constructor(source: SnapshotSource) {
    const { id, revision, cache, commit, folder } = source;
    this.name = revision === "main" ? id : `${id}@${revision}`;
    this.version = `${id}@${commit}${folder === "" ? "" : `/${folder}`}`;
    this.#source = source;
    this.#directory = new DirectoryFiles(join(cache.snapshot(commit), folder));
  }

  /** Everything in the repository, here or not. */
  async list(): Promise<string[]> {
    const { listing, folder } = this.#source;
    const paths = [...listing.files.keys()].filter((path) => path.startsWith(folder));
    return paths.map((path) => path.slice(folder.length)).sort();
  }

  async has(path: string): Promise<boolean> {
    const full = this.#full(path);
    if (this.#source.listing.files.has(full)) return true;
    await this.#noteMissing(full);
    return false;
  }

  async size(path: string): Promise<number> {
    const file = await this.#find(path);
    if (file.size !== undefined) return file.size;
    await this.#ensure([file], path, {});
    return this.#directory.size(path);
  }

  async read(path: string, options: LongCallOptions = {}): Promise<Uint8Array> {
    throwIfAborted(options.signal);
    await this.#ensure([await this.#find(path)], path, options);
    return this.#directory.read(path, options);
  }

  async readRange(path: string, start: number, end: number, options: ReadRangeOptions = {}): Promise<Uint8Array> {
    throwIfAborted(options.signal);
    await this.#ensure([await this.#find(path)], path, options);
    return this.#directory.readRange(path, start, end, options);
  }

  /** Where the file lies once it has been fetched: `prefetch` it first. */
  localPath(path: string): string {
    return this.#directory.localPath(path);
  }

  /** Fetches what is not here yet, several files and ranges of large ones side by side, with one progress for all. */
  async prefetch(paths: readonly string[], options: LongCallOptions = {}): Promise<void> {
    const files: RepoFile[] = [];
    for (const path of new Set(paths)) files.push(await this.#find(path));
    await this.#ensure(files, this.name, options);
  }

  /** Closes files that are open for reading. */
  async close(): Promise<void> {
    await this.#directory.close();
  }

  async #ensure(files: readonly RepoFile[], name: string, options: LongCallOptions): Promise<void> {
    const { cache, commit, settings, defaults } = this.#source;
    const absent: RepoFile[] = [];
    for (const file of files) {
      const size = await cache.sizeOf(commit, file.path);
      if (size === undefined) absent.push(file);
      else if (file.size !== undefined && size !== file.size) {
        await this.#dropDamaged(file, size);
        absent.push(file);
      }
    }
    if (absent.length === 0) return;
    if (settings.offline !== undefined) {
      throw offlineError(`${absent[0]!.path} of ${this.name}`, settings.cacheDir, settings.offline);
    }
    await fetchFiles(this.#source, absent, name, {
      signal: options.signal ?? defaults.signal,
      progress_callback: options.progress_callback ?? defaults.progress_callback,
    });
  }

  /** A blob is named by its content, so one of another size is damaged: a disk that was full, a copy that was cut. */
  async #dropDamaged({ path, size: expected }: RepoFile, got: number): Promise<void> {
    const { cache, commit, settings } = this.#source;
    const pointer = cache.pointer(commit, path);
    if (settings.offline !== undefined) {
      throw new InternVLError("FILE_INVALID", {
        what: `${pointer} is damaged, and ${settings.offline}`,
        expected: `${expected} bytes`,
        got: `${got}`,
        fix: "Allow the network once, so that it is fetched again.",
      });
    }
    await rm(pointer, { force: true });
  }

  async #find(path: string): Promise<RepoFile> {
    const { listing, id, revision, settings, cache, commit } = this.#source;
    const full = this.#full(path);
    const file = listing.files.get(full);
    if (file !== undefined) return file;
    await this.#noteMissing(full);
    if (listing.complete || settings.offline === undefined || (await cache.isMarkedMissing(commit, full))) {
      throw entryNotFound(id, revision, full);
    }
    throw offlineError(`${full} of ${this.name}`, settings.cacheDir, settings.offline);
  }

  async #noteMissing(full: string): Promise<void> {
    const { listing, settings, cache, commit } = this.#source;
    if (listing.complete && settings.offline === undefined) await cache.markMissing(commit, full);
  }

  #full(path: string): string {
    return this.#source.folder + assertSafePath(path, this.name);
  }
}
