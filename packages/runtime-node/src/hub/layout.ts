import { randomBytes } from "node:crypto";
import { copyFile, link, mkdir, readdir, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { assertSafePath, InternVLError } from "@internvl/core";
import { COMMIT, type RepoFile } from "@internvl/core/hub";
import { isErrno } from "../files/system-error.js";
import { writeFailed } from "../files/write-failed.js";
import { formatTree, type Listing, parseTree } from "./listing.js";

/** https://bford.info/cachedir/: backup programs leave such folders out. */
const CACHEDIR_TAG =
  "Signature: 8a477f597d28d172789f06886806bc55\n" +
  "# This file is a cache directory tag for the cache of the Hugging Face Hub.\n" +
  "# For information about cache directory tags, see https://bford.info/cachedir/\n";

/** What etags look like: SHA-256 (LFS), SHA-1 (git), or whatever else a mirror makes up that can be a file's name. */
const ETAG = /^[\w-][\w.-]{0,127}$/;

/**
 * One model in the cache of the Hugging Face tools (`huggingface_hub`, file_download.py):
 *
 * ```
 * models--OWNER--NAME/blobs/ETAG               contents
 * models--OWNER--NAME/snapshots/COMMIT/PATH    relative links into blobs (hard links or copies where there are none)
 * models--OWNER--NAME/refs/REVISION            the commit that a branch or tag was last
 * models--OWNER--NAME/trees/COMMIT.json        the listing of a commit
 * models--OWNER--NAME/.no_exist/COMMIT/PATH    empty: the commit has no such file
 * ```
 */
export class RepoCache {
  readonly blobs: string;
  readonly #root: string;
  readonly #cacheDir: string;
  readonly #symlinks: boolean;

  constructor(cacheDir: string, id: string, symlinks: boolean) {
    this.#cacheDir = cacheDir;
    this.#root = join(cacheDir, `models--${id.replace("/", "--")}`);
    this.blobs = join(this.#root, "blobs");
    this.#symlinks = symlinks;
  }

  /** @throws InternVLError `FILE_INVALID` for an etag that cannot be a file's name */
  blob(etag: string): string {
    if (ETAG.test(etag)) return join(this.blobs, etag);
    throw new InternVLError("FILE_INVALID", {
      what: "The Hub's answer has an etag that no file can have",
      expected: "hexadecimal digits",
      got: JSON.stringify(etag),
      fix: "Check HF_ENDPOINT.",
    });
  }

  snapshot(commit: string): string {
    return join(this.#root, "snapshots", commit);
  }

  pointer(commit: string, path: string): string {
    return join(this.snapshot(commit), ...path.split("/"));
  }

  /** The commit that `revision` is, as far as this cache knows. */
  async commitOf(revision: string): Promise<string | undefined> {
    if (COMMIT.test(revision)) return revision;
    const commit = (await readIfThere(this.#ref(revision)))?.trim();
    return commit !== undefined && COMMIT.test(commit) ? commit : undefined;
  }

  /** Notes what a branch or tag is now and what is in it. A cache that cannot be written to serves as it is. */
  async remember(revision: string, listing: Listing): Promise<void> {
    const { commit } = listing;
    const tree = formatTree(listing);
    const treePath = this.#tree(commit);
    try {
      if (revision !== commit && (await readIfThere(this.#ref(revision))) !== commit) {
        await this.#write(this.#ref(revision), commit);
      }
      if (tree !== undefined && (await readIfThere(treePath)) !== tree) await this.#write(treePath, tree);
    } catch {
      // Downloading the first file says better what is wrong with this disk; a second start needs no writing at all.
    }
  }

  /** What is known of `commit` without the network: its listing, else the files that are here. */
  async listing(commit: string): Promise<Listing | undefined> {
    const json = await readIfThere(this.#tree(commit));
    const tree = json === undefined ? undefined : parseTree(json, commit);
    if (tree !== undefined) return tree;

    const folder = this.snapshot(commit);
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => undefined);
    if (entries === undefined) return undefined;
    const files = new Map<string, RepoFile>();
    for (const entry of entries) {
      if (entry.isDirectory()) continue;
      const path = relative(folder, join(entry.parentPath, entry.name)).split("\\").join("/");
      files.set(path, { path });
    }
    return { commit, files, complete: false };
  }

  async isMarkedMissing(commit: string, path: string): Promise<boolean> {
    return (await readIfThere(this.#missing(commit, path))) !== undefined;
  }

  /** Tells the other tools that `commit` has no such file, so that they need not ask. */
  async markMissing(commit: string, path: string): Promise<void> {
    const marker = this.#missing(commit, path);
    // Only a help for others: a folder that cannot be written is no reason to fail.
    await mkdir(dirname(marker), { recursive: true }).catch(() => {});
    await writeFile(marker, "", { flag: "wx" }).catch(() => {});
  }

  /** Bytes of the file in the snapshot; undefined when it is not there. */
  async sizeOf(commit: string, path: string): Promise<number | undefined> {
    return fileSize(this.pointer(commit, path));
  }

  /** Whether the blob is here. One of another size is damaged and removed: its name is that of its content. */
  async hasBlob(etag: string, size: number): Promise<boolean> {
    const got = await fileSize(this.blob(etag));
    if (got === undefined || got === size) return got !== undefined;
    await rm(this.blob(etag), { force: true });
    return false;
  }

  /** Makes the folder for blobs. @throws InternVLError `FILE_WRITE_FAILED` */
  async prepare(): Promise<void> {
    try {
      await mkdir(this.blobs, { recursive: true });
      await writeFile(join(this.#cacheDir, "CACHEDIR.TAG"), CACHEDIR_TAG, { flag: "wx" });
    } catch (cause) {
      if (!isErrno(cause, "EEXIST")) throw writeFailed(this.blobs, cause);
    }
  }

  /** Gives the blob its name in a snapshot, at once. @throws InternVLError `FILE_WRITE_FAILED` */
  async link(etag: string, commit: string, path: string): Promise<void> {
    const blob = this.blob(etag);
    const pointer = this.pointer(commit, path);
    if ((await fileSize(pointer)) === (await fileSize(blob))) return;
    try {
      await mkdir(dirname(pointer), { recursive: true });
      // What is there leads nowhere, or to something damaged.
      await rm(pointer, { force: true });
      const target = relative(dirname(pointer), blob);
      const linked =
        (this.#symlinks && (await succeeds(symlink(target, pointer)))) || (await succeeds(link(blob, pointer)));
      if (!linked) await this.#place(pointer, (temporary) => copyFile(blob, temporary));
    } catch (cause) {
      // Another process may have been faster.
      if (!isErrno(cause, "EEXIST")) throw writeFailed(pointer, cause);
    }
  }

  #ref(revision: string): string {
    return join(this.#root, "refs", ...assertSafePath(revision, "The option revision").split("/"));
  }

  #tree(commit: string): string {
    return join(this.#root, "trees", `${commit}.json`);
  }

  #missing(commit: string, path: string): string {
    return join(this.#root, ".no_exist", commit, ...path.split("/"));
  }

  async #write(path: string, content: string): Promise<void> {
    await mkdir(dirname(path), { recursive: true });
    await this.#place(path, (temporary) => writeFile(temporary, content));
  }

  /** Lets `write` make a file where no other tool looks, and gives it its name when it is whole. */
  async #place(path: string, write: (temporary: string) => Promise<void>): Promise<void> {
    const temporary = join(this.#root, `${randomBytes(6).toString("hex")}.tmp`);
    try {
      await write(temporary);
      await rename(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => {});
      throw error;
    }
  }
}

/** False where such links cannot be made: Windows without developer mode, FAT, some network file systems. */
async function succeeds(linking: Promise<void>): Promise<boolean> {
  try {
    await linking;
    return true;
  } catch (error) {
    if (isErrno(error, "EPERM", "EACCES", "ENOSYS", "ENOTSUP", "EOPNOTSUPP", "EINVAL", "EMLINK", "UNKNOWN"))
      return false;
    throw error;
  }
}

async function fileSize(path: string): Promise<number | undefined> {
  const info = await stat(path).catch(() => undefined);
  return info?.isFile() ? info.size : undefined;
}

async function readIfThere(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch(() => undefined);
}
