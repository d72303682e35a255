import { assertSafePath, type FileSink, InternVLError, type PartialFile, partialFileWriter } from "@internvl/core";
import { findFolder, moveFile, privateFolder, remove, splitPath, writeFailed } from "./opfs.js";

/** Where the folders lie that pages write. */
export const FOLDERS = "folders";

/**
 * The path of a folder within the page's own storage, from what people write for folders: `./my-model`, `/my-model` and
 * `my-model` are the same one.
 *
 * @throws InternVLError `FILE_INVALID` for a path that leaves it
 */
export function storedFolderPath(directory: string): string {
  const path = directory.replace(/^(\.?\/)+/, "").replace(/\/+$/, "");
  return `${FOLDERS}/${assertSafePath(path, "The name of a folder in this page's storage")}`;
}

/**
 * A folder of the page's own storage (the origin private file system) to write into; it is made when the first file needs
 * it. `files.open` finds it by the same name.
 *
 * A file is written as `.NAME.RANDOM.partial` beside its place and renamed on `commit`, which replaces a file of that name
 * at once. A tab that is closed in the middle leaves a partial file behind, which nothing lists.
 *
 * @throws InternVLError from `create`, `write` and `commit`: `FILE_WRITE_FAILED` (no space)
 */
export async function openStoredSink(directory: string): Promise<FileSink> {
  const root = storedFolderPath(directory);
  return {
    name: directory,
    async create(path) {
      const { parent, name } = splitPath(assertSafePath(path, directory));
      const target = `${directory}/${path}`;
      try {
        const top = (await privateFolder(root, { create: true }))!;
        const folder = (await findFolder(top, parent, { create: true }))!;
        return partialFileWriter(await partialFile(folder, name, target));
      } catch (cause) {
        throw InternVLError.isInstance(cause) ? cause : writeFailed(target, cause);
      }
    },
  };
}

/** Removes a folder that was written with `openStoredSink`; what is not there is fine. */
export async function removeStoredFolder(directory: string): Promise<void> {
  const { parent, name } = splitPath(storedFolderPath(directory));
  const folder = await privateFolder(parent);
  if (folder !== undefined) await remove(folder, name);
}

async function partialFile(folder: FileSystemDirectoryHandle, name: string, target: string): Promise<PartialFile> {
  const file = await folder.getFileHandle(`.${name}.${crypto.randomUUID()}.partial`, { create: true });
  const stream = await file.createWritable();
  return {
    target,
    write: (bytes) => stream.write(bytes as Uint8Array<ArrayBuffer>),
    async finish() {
      await stream.close();
      await moveFile(file, folder, name);
    },
    async discard() {
      // Nothing more can be done about a stream or a name that is gone already.
      await stream.abort().catch(() => {});
      await remove(folder, file.name).catch(() => {});
    },
    failed: (cause) => writeFailed(target, cause),
  };
}
