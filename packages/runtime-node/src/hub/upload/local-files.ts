import { stat } from "node:fs/promises";
import { InternVLError, type ProgressCallback } from "@internvl/core";
import { DirectoryFiles } from "../../files/directory.js";
import { hashFile } from "../checksum.js";
import { ByteMeter } from "../meter.js";

/** A file of the folder that is pushed. */
export interface LocalFile {
  /** Within the folder and within the repository. */
  path: string;
  /** On the disk. */
  local: string;
  /** Bytes. */
  size: number;
  sha256: string;
}

/** Half-written files of a program that was killed, `.env` and the like; not git's own two. */
const HIDDEN = /(^|\/)\.(?!git(attributes|ignore)$)[^/]*$/;

/** The files of a folder with their checksums; hidden files and folders are left out. */
export async function readLocalFiles(
  directory: string,
  { signal, progress_callback }: { signal?: AbortSignal; progress_callback?: ProgressCallback },
): Promise<LocalFile[]> {
  const folder = new DirectoryFiles(directory);
  const paths = (await folder.list()).filter((path) => !HIDDEN.test(path));
  if (paths.length === 0) {
    throw new InternVLError("FILE_NOT_FOUND", {
      what: `There is nothing to push in ${folder.name}`,
      expected: "the folder of a model",
      fix: "Check the folder.",
    });
  }
  const sizes = new Map<string, number>();
  for (const path of paths) sizes.set(path, (await stat(folder.localPath(path))).size);
  const total = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  const meter = new ByteMeter(progress_callback, { stage: "hash", name: folder.name, total });
  const files: LocalFile[] = [];
  for (const [path, size] of sizes) {
    const local = folder.localPath(path);
    const hashed = (bytes: number) => meter.received(bytes);
    files.push({ path, local, size, sha256: await hashFile(local, "sha256", { signal, hashed }) });
  }
  return files;
}
