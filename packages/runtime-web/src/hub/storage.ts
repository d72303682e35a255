import { InternVLError } from "@internvl/core";
import { findFile, privateFolder, writeFailed, writeText } from "../files/opfs.js";
import type { Listing, RepoFile } from "./listing.js";
import { StoredParts } from "./parts.js";

/** The folders of the store: what each model consists of, and the content of files by their checksum. */
export const MODELS = "models";
export const BLOBS = "blobs";

/** Where a file's content is stored: files of the same content are one. */
export async function storedParts({ checksum, size }: RepoFile): Promise<StoredParts> {
  return new StoredParts((await privateFolder(`${BLOBS}/${checksum.hex}`, { create: true }))!, size);
}

/** A file's content; undefined where it is not complete. Makes nothing. */
export async function storedBlob({ checksum, size }: RepoFile): Promise<Blob | undefined> {
  const folder = await privateFolder(`${BLOBS}/${checksum.hex}`);
  return folder && new StoredParts(folder, size).blob();
}

/** The listing that was stored for a revision. */
export async function storedListing(id: string, revision: string): Promise<Listing | undefined> {
  const folder = await privateFolder(modelFolder(id));
  const file = folder && (await findFile(folder, listingFile(revision)));
  return file && parseStored(await file.text());
}

export async function storeListing(listing: Listing): Promise<void> {
  try {
    const folder = (await privateFolder(modelFolder(listing.id), { create: true }))!;
    await writeText(folder, listingFile(listing.revision), JSON.stringify(listing));
  } catch (cause) {
    if (InternVLError.isInstance(cause)) throw cause;
    throw writeFailed(`The listing of ${listing.id}`, cause);
  }
}

/** Undefined for what a page that was closed has left half written. */
export function parseStored(json: string): Listing | undefined {
  try {
    return JSON.parse(json) as Listing;
  } catch {
    return undefined;
  }
}

/** Refuses a download that cannot fit, before its first byte. @throws InternVLError `FILE_WRITE_FAILED` */
export async function assertRoom(bytes: number, name: string): Promise<void> {
  const { quota, usage = 0 } = await navigator.storage.estimate();
  if (quota === undefined || bytes <= quota - usage) return;
  throw new InternVLError("FILE_WRITE_FAILED", {
    what: `${name} does not fit into what the browser lets this page store`,
    expected: `${bytes} bytes of room`,
    got: `${Math.max(0, quota - usage)} of ${quota}`,
    fix: "Delete models that are no longer used (deleteStoredModel), or free space on the disk.",
  });
}

export function modelFolder(id: string): string {
  return `${MODELS}/${encodeURIComponent(id)}`;
}

export function listingFile(revision: string): string {
  return `${encodeURIComponent(revision)}.json`;
}
