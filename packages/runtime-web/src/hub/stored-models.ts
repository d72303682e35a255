import { InternVLError } from "@internvl/core";
import { findFile, listFiles, privateFolder, remove, writeFailed } from "../files/opfs.js";
import type { Listing } from "./listing.js";
import { BLOBS, listingFile, MODELS, modelFolder, parseStored, storedBlob } from "./storage.js";

/** A model of the Hub that this browser has, or has begun to fetch. */
export interface StoredModel {
  id: string;
  revision: string;
  commit: string;
  /** Bytes of the files that are here, complete and checked. Files that two revisions share count for both. */
  bytes: number;
}

/** What is stored, by id and revision. */
export async function listStoredModels(): Promise<StoredModel[]> {
  const models: StoredModel[] = [];
  for (const { id, revision, commit, files } of await storedListings()) {
    let bytes = 0;
    for (const file of files) bytes += (await storedBlob(file))?.size ?? 0;
    models.push({ id, revision, commit, bytes });
  }
  return models.sort((a, b) => (`${a.id}@${a.revision}` < `${b.id}@${b.revision}` ? -1 : 1));
}

/**
 * Deletes a model, or one revision of it, and every file that no other stored model shares.
 *
 * @throws InternVLError `FILE_WRITE_FAILED` while a page fetches it
 */
export async function deleteStoredModel(id: string, { revision }: { revision?: string } = {}): Promise<void> {
  try {
    await removeListings(id, revision);
    await removeUnused();
  } catch (cause) {
    throw InternVLError.isInstance(cause) ? cause : writeFailed(id, cause);
  }
}

async function removeListings(id: string, revision: string | undefined): Promise<void> {
  const models = await privateFolder(MODELS);
  if (models === undefined) return;
  const folder = await privateFolder(modelFolder(id));
  if (folder !== undefined && revision !== undefined) await remove(folder, listingFile(revision));
  else await remove(models, encodeURIComponent(id));
}

/** Removes what no listing names. */
async function removeUnused(): Promise<void> {
  const used = new Set((await storedListings()).flatMap(({ files }) => files.map(({ checksum }) => checksum.hex)));
  const blobs = await privateFolder(BLOBS);
  if (blobs === undefined) return;
  const names: string[] = [];
  for await (const name of blobs.keys()) names.push(name);
  for (const name of names) if (!used.has(name)) await remove(blobs, name);
}

async function storedListings(): Promise<Listing[]> {
  const folder = await privateFolder(MODELS);
  const listings: Listing[] = [];
  for (const path of folder === undefined ? [] : await listFiles(folder)) {
    const file = await findFile(folder!, path);
    const listing = file && parseStored(await file.text());
    if (listing !== undefined) listings.push(listing);
  }
  return listings;
}
