import type { ModelFiles } from "@internvl/core";
import { BlobFiles } from "./blob-files.js";
import { findFile, listFiles } from "./opfs.js";

/**
 * The files of `<input type="file" webkitdirectory>` or of a drop. The name of the folder that was chosen, which every
 * path begins with, is left out.
 */
export function openFileList(files: Iterable<File>): ModelFiles {
  const byPath = new Map<string, File>();
  let name = "the chosen files";
  for (const file of files) {
    const [folder, ...rest] = file.webkitRelativePath.split("/");
    if (folder !== undefined && rest.length > 0) name = folder;
    byPath.set(rest.length > 0 ? rest.join("/") : file.name, file);
  }
  return openFiles({ name, files: byPath });
}

/** What a worker opens the chosen files from: files and handles can be sent, and nothing is copied. */
type Portable = ChosenFiles | ChosenFolder;

interface ChosenFiles {
  name: string;
  files: ReadonlyMap<string, File>;
}

interface ChosenFolder {
  name: string;
  folder: FileSystemDirectoryHandle;
}

/** What `portable` of chosen files says, opened in another thread. */
export function reopenChosen(portable: unknown): ModelFiles {
  const chosen = portable as Portable;
  return "files" in chosen ? openFiles(chosen) : openDirectoryHandle(chosen.folder, chosen.name);
}

function openFiles({ name, files }: ChosenFiles): ModelFiles {
  return new BlobFiles({
    name,
    portable: { name, files } satisfies Portable,
    list: async () => [...files.keys()],
    size: async (path) => files.get(path)?.size,
    find: async (path) => files.get(path),
  });
}

/** The files below a folder: one that `showDirectoryPicker` or a drop gave, or one of the origin private file system. */
export function openDirectoryHandle(folder: FileSystemDirectoryHandle, name: string = folder.name): ModelFiles {
  return new BlobFiles({
    name,
    portable: { name, folder } satisfies Portable,
    list: () => listFiles(folder),
    size: async (path) => (await findFile(folder, path))?.size,
    find: (path) => findFile(folder, path),
  });
}
