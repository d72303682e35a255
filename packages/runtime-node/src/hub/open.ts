import { assertSafePath, type HubOptions, InternVLError, type ModelFiles } from "@internvl/core";
import { COMMIT } from "@internvl/core/hub";
import { offlineError } from "./errors.js";
import { HubHttp } from "./http.js";
import { RepoCache } from "./layout.js";
import { fetchListing, type Listing } from "./listing.js";
import { retrying } from "./retry.js";
import { type HubSettings, type NodeFilesOptions, resolveSettings } from "./settings.js";
import { SnapshotFiles } from "./snapshot-files.js";

/** With a copy in the cache, a Hub that does not answer is not waited for. Milliseconds as in `huggingface_hub`. */
const IMPATIENT = { retries: 0, timeout: 10_000 };

/** Whether `model` may be the id of a model on the Hub: `name` or `owner/name`, by the rules of `huggingface_hub`. */
export function isHubId(model: string): boolean {
  const parts = model.split("/");
  const valid = parts.every((part) => /^\w(?:[\w.-]{0,94}\w)?$/.test(part));
  return parts.length <= 2 && valid && !/--|\.\.|\.git$/.test(model);
}

/**
 * A model on the Hub, at the commit that the revision is now. Asks once, for the listing; not at all when the revision
 * is a commit that the cache knows. When the Hub cannot be reached, the revision is what it was last time.
 *
 * @throws InternVLError `FILE_NOT_FOUND`, `HUB_DENIED`, `HUB_UNAVAILABLE`, `OFFLINE`, `FILE_INVALID` for a listing with
 * paths that leave its folder
 */
export async function openHub(id: string, options: HubOptions, store: NodeFilesOptions): Promise<ModelFiles> {
  const { revision = "main", subfolder = "", signal, progress_callback } = options;
  assertSafePath(revision, "The option revision");
  const folder = subfolder === "" ? "" : `${assertSafePath(subfolder, "The option subfolder")}/`;
  const settings = await resolveSettings(store, options);
  const cache = new RepoCache(settings.cacheDir, id, settings.symlinks);
  const http = new HubHttp(id, settings);

  const known = await knownListing(cache, revision);
  const listing =
    known?.complete && COMMIT.test(revision)
      ? known
      : await currentListing(id, revision, known, settings, http, signal);
  if (listing !== known) await cache.remember(revision, listing);
  if (folder !== "" && ![...listing.files.keys()].some((path) => path.startsWith(folder))) {
    throw new InternVLError("FILE_NOT_FOUND", {
      what: `The folder ${subfolder} is not in ${id} at revision "${revision}"`,
      fix: "Check the option subfolder.",
    });
  }
  const { commit } = listing;
  const defaults = { signal, progress_callback };
  return new SnapshotFiles({ id, revision, commit, listing, folder, defaults, http, cache, settings });
}

async function knownListing(cache: RepoCache, revision: string): Promise<Listing | undefined> {
  const commit = await cache.commitOf(revision);
  return commit === undefined ? undefined : cache.listing(commit);
}

async function currentListing(
  id: string,
  revision: string,
  known: Listing | undefined,
  settings: HubSettings,
  http: HubHttp,
  signal: AbortSignal | undefined,
): Promise<Listing> {
  if (settings.offline !== undefined) {
    if (known !== undefined) return known;
    throw offlineError(`${id} at revision "${revision}"`, settings.cacheDir, settings.offline);
  }
  const { retries, timeout } =
    known === undefined ? { retries: settings.retries, timeout: settings.idleTimeout } : IMPATIENT;
  try {
    return await retrying({ ...settings, retries, signal }, () =>
      fetchListing(http, id, revision, { signal, timeout }),
    );
  } catch (error) {
    if (known !== undefined && InternVLError.isInstance(error) && error.code === "HUB_UNAVAILABLE") return known;
    throw error;
  }
}
