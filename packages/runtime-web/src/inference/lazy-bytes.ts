import type { ModelFiles } from "@internvl/core";

/** Reads a Blob while everything waits; workers have it, pages do not. TypeScript's DOM library describes pages. */
type SyncReader = new () => { readAsArrayBuffer(blob: Blob): ArrayBuffer };

/**
 * A file of external data as onnxruntime-web 1.30 takes it: it asks for `byteLength` and copies one `subarray` for each
 * weight into its own memory. In a worker these are read from the file when they are asked for, so that no more than one
 * weight is held twice; in a page, or where there are no Blobs, it is the whole file's bytes.
 */
export async function externalBytes(
  files: ModelFiles,
  path: string,
  options: { signal?: AbortSignal },
): Promise<Uint8Array> {
  const { FileReaderSync } = globalThis as { FileReaderSync?: SyncReader };
  if (FileReaderSync === undefined || files.blob === undefined) return files.read(path, options);
  const blob = await files.blob(path, options);
  const reader = new FileReaderSync();
  return Object.defineProperties(new Uint8Array(), {
    byteLength: { value: blob.size },
    subarray: { value: (from: number, to: number) => new Uint8Array(reader.readAsArrayBuffer(blob.slice(from, to))) },
  });
}
