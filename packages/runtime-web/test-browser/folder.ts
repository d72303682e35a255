import { writeFile } from "@internvl/core";
import { openStoredSink } from "@internvl/runtime-web";
import { onTestFinished } from "vitest";

/** A new folder of the page's storage, for the length of the test. */
export async function storedFolder(): Promise<{ name: string; handle: FileSystemDirectoryHandle }> {
  const name = `test-${crypto.randomUUID()}`;
  const folders = await open(await open(await navigator.storage.getDirectory(), "internvl"), "folders");
  onTestFinished(() => folders.removeEntry(name, { recursive: true }));
  return { name, handle: await open(folders, name) };
}

export async function writeAll(folder: string, files: Readonly<Record<string, Uint8Array | string>>): Promise<void> {
  const sink = await openStoredSink(folder);
  for (const [path, content] of Object.entries(files)) await writeFile(sink, path, content);
}

function open(folder: FileSystemDirectoryHandle, name: string): Promise<FileSystemDirectoryHandle> {
  return folder.getDirectoryHandle(name, { create: true });
}
