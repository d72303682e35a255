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
  return new BlobFiles({
    name,
    list: async () => [...byPath.keys()],
    size: async (path) => byPath.get(path)?.size,
    find: async (path) => byPath.get(path),
  });
}

/** The files below a folder: one that `showDirectoryPicker` or a drop gave, or one of the origin private file system. */
export function openDirectoryHandle(folder: FileSystemDirectoryHandle, name: string = folder.name): ModelFiles {
  return new BlobFiles({
    name,
    list: () => listFiles(folder),
    size: async (path) => (await findFile(folder, path))?.size,
    find: (path) => findFile(folder, path),
  });
}
