import { assertSafePath, type HubOptions, InternVLError, type LongCallOptions, type ModelFiles } from "@internvl/core";
import { COMMIT, entryNotFound } from "@internvl/core/hub";
import { BlobFiles } from "../files/blob-files.js";
import { download } from "./download.js";
import { fetchListing, type Listing, type RepoFile } from "./listing.js";
import { resolveSettings, type TransferSettings, type WebFilesOptions } from "./settings.js";
import { storedBlob, storedListing, storeListing } from "./storage.js";

/** Whether `model` may be the id of a model on the Hub: `name` or `owner/name`, by the rules of `huggingface_hub`. */
export function isHubId(model: string): boolean {
  const parts = model.split("/");
  const valid = parts.every((part) => /^\w(?:[\w.-]{0,94}\w)?$/.test(part));
  return parts.length <= 2 && valid && !/--|\.\.|\.git$/.test(model);
}

/**
 * A model on the Hub, at the commit that the revision is now. Asks once, for the listing; not at all when the revision is
 * a commit that is stored. When the Hub cannot be reached, the revision is what it was last time.
 *
 * A file is fetched whole, into the page's own storage, when it is first read, or before with others by `prefetch`. Ranges
 * are read from the stored file, because only a whole file can be checked.
 *
 * @throws InternVLError `FILE_NOT_FOUND`, `HUB_DENIED`, `HUB_UNAVAILABLE`, `OFFLINE`, `FILE_INVALID` for a listing with
 * paths that leave its folder
 */
export async function openHub(id: string, options: HubOptions, store: WebFilesOptions): Promise<ModelFiles> {
  const { revision = "main", subfolder = "", signal, progress_callback } = options;
  assertSafePath(revision, "The option revision");
  const folder = subfolder === "" ? "" : `${assertSafePath(subfolder, "The option subfolder")}/`;
  const settings = resolveSettings(store, options);
  const listing = await currentListing(id, revision, settings, options);
  const files = new Map(
    listing.files.filter(({ path }) => path.startsWith(folder)).map((file) => [file.path.slice(folder.length), file]),
  );
  if (files.size === 0) throw entryNotFound(id, revision, subfolder === "" ? "Any file" : `The folder ${subfolder}`);

  const name = revision === "main" ? id : `${id}@${revision}`;
  const ensure = (wanted: readonly RepoFile[], about: string, call: LongCallOptions) =>
    ensureStored(listing, wanted, about, settings, options.local_files_only === true, {
      signal: call.signal ?? signal,
      progress_callback: call.progress_callback ?? progress_callback,
    });
  // Putting a large file together asks for each of its parts, which is too slow to do for every range.
  const blobs = new Map<string, Blob>();
  return new BlobFiles({
    name,
    version: `${id}@${listing.commit}${folder === "" ? "" : `/${folder}`}`,
    list: async () => [...files.keys()],
    size: async (path) => files.get(path)?.size,
    async find(path, call) {
      const file = files.get(path);
      if (file === undefined) throw entryNotFound(id, revision, folder + path);
      let blob = blobs.get(path);
      if (blob === undefined) {
        await ensure([file], path, call);
        blob = await storedBlob(file);
        if (blob !== undefined) blobs.set(path, blob);
      }
      return blob;
    },
    async prefetch(paths, call) {
      const wanted = [...new Set(paths)].map((path) => files.get(assertSafePath(path, name)));
      const missing = wanted.indexOf(undefined);
      if (missing >= 0) throw entryNotFound(id, revision, folder + [...new Set(paths)][missing]);
      await ensure(wanted as RepoFile[], name, call);
    },
  });
}

async function currentListing(
  id: string,
  revision: string,
  settings: TransferSettings,
  { signal, local_files_only }: HubOptions,
): Promise<Listing> {
  const known = await storedListing(id, revision);
  if (known !== undefined && (local_files_only || COMMIT.test(revision))) return known;
  if (local_files_only) throw offline(`${id} at revision "${revision}"`);
  try {
    // With a listing in store, a Hub that does not answer is not waited for.
    const patience = known === undefined ? settings : { ...settings, retries: 0 };
    const listing = await fetchListing(patience, id, revision, signal);
    await storeListing(listing);
    return listing;
  } catch (error) {
    if (known !== undefined && InternVLError.isInstance(error) && error.code === "HUB_UNAVAILABLE") return known;
    throw error;
  }
}

async function ensureStored(
  listing: Listing,
  wanted: readonly RepoFile[],
  about: string,
  settings: TransferSettings,
  local: boolean,
  options: LongCallOptions,
): Promise<void> {
  const absent: RepoFile[] = [];
  for (const file of wanted) if ((await storedBlob(file)) === undefined) absent.push(file);
  if (absent.length === 0) return;
  if (local) throw offline(`${absent[0]!.path} of ${listing.id}`);
  await download(listing, absent, about, settings, options);
}

/** The network may not be used and the store does not have it. `wanted` is a sentence's subject. */
function offline(wanted: string): InternVLError {
  return new InternVLError("OFFLINE", {
    what: `${wanted} is not stored in this browser, and local_files_only is set`,
    fix: "Allow the network once.",
  });
}
