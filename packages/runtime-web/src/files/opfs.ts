import { InternVLError } from "@internvl/core";

/** What of the file system's handles TypeScript's DOM library does not have. */
interface MovableFile extends FileSystemFileHandle {
  move(folder: FileSystemDirectoryHandle, name: string): Promise<void>;
}

/** A file that is being written beside its place: `.NAME.RANDOM.partial`. */
const PARTIAL = /^\..*\.partial$/;

/**
 * A folder of the origin private file system, where everything of this library lies below `internvl`; undefined when it
 * is not there and `create` is not set.
 *
 * @throws InternVLError `UNSUPPORTED` where the browser gives the page no storage
 */
export async function privateFolder(
  path: string,
  { create = false }: { create?: boolean } = {},
): Promise<FileSystemDirectoryHandle | undefined> {
  let root: FileSystemDirectoryHandle;
  try {
    root = await navigator.storage.getDirectory();
  } catch (cause) {
    throw new InternVLError("UNSUPPORTED", {
      what: `The browser gives this page no storage: ${(cause as Error).message}`,
      expected: "a page served over https (or from localhost), in a window that is not private",
      cause,
    });
  }
  return findFolder(root, `internvl/${path}`, { create });
}

/** A folder below `folder`; undefined when it is not there and `create` is not set. */
export async function findFolder(
  folder: FileSystemDirectoryHandle,
  path: string,
  { create = false }: { create?: boolean } = {},
): Promise<FileSystemDirectoryHandle | undefined> {
  let at = folder;
  for (const name of path.split("/").filter((part) => part !== "")) {
    const next = await orUndefined(at.getDirectoryHandle(name, { create }));
    if (next === undefined) return undefined;
    at = next;
  }
  return at;
}

/** A file below `folder`; undefined where there is none. */
export async function findFile(folder: FileSystemDirectoryHandle, path: string): Promise<File | undefined> {
  const { parent, name } = splitPath(path);
  const holder = await findFolder(folder, parent);
  const handle = holder && (await orUndefined(holder.getFileHandle(name)));
  return handle && orUndefined(handle.getFile());
}

/** The paths of all files below `folder`, but for those that are still being written. */
export async function listFiles(folder: FileSystemDirectoryHandle, prefix: string = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const [name, handle] of folder.entries()) {
    if (handle.kind === "directory") found.push(...(await listFiles(handle, `${prefix}${name}/`)));
    else if (!PARTIAL.test(name)) found.push(prefix + name);
  }
  return found;
}

/** Gives a file another name, in place of one that has it. */
export async function moveFile(file: FileSystemFileHandle, to: FileSystemDirectoryHandle, name: string): Promise<void> {
  await (file as MovableFile).move(to, name);
}

/** Writes a small file, whole or not at all. */
export async function writeText(folder: FileSystemDirectoryHandle, name: string, text: string): Promise<void> {
  const stream = await (await folder.getFileHandle(name, { create: true })).createWritable();
  try {
    await stream.write(text);
    await stream.close();
  } catch (error) {
    // A stream that is left open locks the file.
    await stream.abort().catch(() => {});
    throw error;
  }
}

/** Removes a file or a whole folder; what is not there is fine. */
export async function remove(folder: FileSystemDirectoryHandle, name: string): Promise<void> {
  await orUndefined(folder.removeEntry(name, { recursive: true }));
}

export function splitPath(path: string): { parent: string; name: string } {
  const at = path.lastIndexOf("/");
  return { parent: path.slice(0, Math.max(at, 0)), name: path.slice(at + 1) };
}

/** `FILE_WRITE_FAILED` for `target`, with what the reader can do about this kind of failure. */
export function writeFailed(target: string, cause: unknown): InternVLError {
  const full = (cause as Error).name === "QuotaExceededError";
  return new InternVLError("FILE_WRITE_FAILED", {
    what: `${target} could not be stored: ${(cause as Error).message}`,
    fix: full
      ? "Delete models that are no longer used (deleteStoredModel), or free space on the disk."
      : "Reload the page and try again; another tab may be using the same file.",
    cause,
  });
}

/** Undefined for what is not there, or is a file where a folder is wanted or the reverse. */
async function orUndefined<Result>(asked: Promise<Result>): Promise<Result | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (/^(NotFoundError|TypeMismatchError)$/.test((error as Error).name)) return undefined;
    throw error;
  }
}
