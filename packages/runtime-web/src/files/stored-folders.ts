import { privateFolder } from "./opfs.js";
import { FOLDERS } from "./sink.js";

/** A folder of the page's storage that something was written into: a saved model, a conversion. */
export interface StoredFolder {
  /** As `openStoredSink`, `files.open` and `removeStoredFolder` take it. */
  name: string;
  /** Bytes of everything in it, of unfinished files as well. */
  bytes: number;
}

/** The folders that `openStoredSink` has written, by name: those that hold a file themselves, with all that is below them. */
export async function listStoredFolders(): Promise<StoredFolder[]> {
  const root = await privateFolder(FOLDERS);
  const found = root === undefined ? [] : await foldersIn(root, "");
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function foldersIn(folder: FileSystemDirectoryHandle, name: string): Promise<StoredFolder[]> {
  const inner: FileSystemDirectoryHandle[] = [];
  for await (const handle of folder.values()) {
    if (handle.kind === "file") return [{ name, bytes: await bytesIn(folder) }];
    inner.push(handle);
  }
  const prefix = name === "" ? "" : `${name}/`;
  return (await Promise.all(inner.map((handle) => foldersIn(handle, prefix + handle.name)))).flat();
}

async function bytesIn(folder: FileSystemDirectoryHandle): Promise<number> {
  let bytes = 0;
  for await (const handle of folder.values()) {
    bytes += handle.kind === "file" ? (await handle.getFile()).size : await bytesIn(handle);
  }
  return bytes;
}
