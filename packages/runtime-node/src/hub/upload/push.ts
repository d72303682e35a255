import { InternVLError, type LongCallOptions } from "@internvl/core";
import { Gate, runAll } from "../concurrency.js";
import { HubHttp } from "../http.js";
import { ByteMeter } from "../meter.js";
import { isHubId } from "../open.js";
import { type NodeFilesOptions, resolveSettings } from "../settings.js";
import type { UploadContext } from "./api.js";
import { changedFiles, commitFiles, currentFiles } from "./commit.js";
import { missingToken } from "./errors.js";
import { fetchLfsUploads } from "./lfs-batch.js";
import { readLocalFiles } from "./local-files.js";
import { fetchModes } from "./modes.js";
import { createRepository, fullId } from "./repository.js";
import { storeFile } from "./store-file.js";

export interface PushOptions extends LongCallOptions {
  /** For a repository that is made; an existing one stays as it is. Default: what the account's settings say. */
  private?: boolean;
  /** Whether the repository may exist already. Default true. */
  existOk?: boolean;
  /** The branch. Default `"main"`; another one must exist. */
  revision?: string;
  /** The commit's message. */
  message?: string;
  /** Default: as for downloads. */
  token?: string;
}

export interface PushReport {
  /** `OWNER/NAME`. */
  id: string;
  /** Where a person looks at it. */
  url: string;
  commit: string;
  /** Files whose bytes were sent to the storage; the storage had those of the others. */
  stored: readonly string[];
  /** Files in the commit. */
  committed: readonly string[];
}

/**
 * Uploads a folder to the Hub: makes the repository where there is none, sends what its storage does not have, in parts
 * and several at a time, and makes one commit of all that differs (none when nothing does). Files that are only in the
 * repository stay. Called again after a failure it sends only what has not arrived.
 *
 * Stages of the progress: `hash`, `upload`.
 *
 * @param repo `OWNER/NAME`, or a name in the account of the token
 * @throws InternVLError `HUB_DENIED` (no token, a wrong one, one that may not write there), `UPLOAD_REFUSED` (a name
 *   that is taken or not allowed, no room), `HUB_UNAVAILABLE`, `OFFLINE`, `FILE_NOT_FOUND`, `ABORTED`
 */
export async function pushToHub(
  directory: string,
  repo: string,
  options: PushOptions = {},
  store: NodeFilesOptions = {},
): Promise<PushReport> {
  const { message = "Upload model", existOk = true, signal, progress_callback } = options;
  const context = await openUpload(repo, options, store);
  const { id, settings } = context;
  const files = await readLocalFiles(directory, { signal, progress_callback });
  await createRepository(context, { private: options.private, existOk });
  const before = await currentFiles(context);
  const changed = await changedFiles(before, await fetchModes(context, files));
  const url = `${settings.endpoint}/${id}`;
  if (changed.size === 0) return { id, url, commit: before.commit, stored: [], committed: [] };

  const lfs = [...changed].filter(([, mode]) => mode === "lfs").map(([file]) => file);
  const uploads = await fetchLfsUploads(context, lfs);
  const total = uploads.reduce((sum, { file }) => sum + file.size, 0);
  const meter = new ByteMeter(progress_callback, { stage: "upload", name: id, total });
  const gate = new Gate(settings.connections);
  await runAll(uploads, new Gate(settings.connections), signal, (upload, either) =>
    storeFile({ ...context, signal: either }, upload, { gate, sent: (bytes) => meter.received(bytes) }),
  );
  const commit = await commitFiles(context, changed, { message, parent: before.commit });
  const stored = uploads.map(({ file }) => file.path);
  return { id, url, commit, stored, committed: [...changed.keys()].map(({ path }) => path) };
}

/**
 * Whether a push may begin: name, token and network, before anything long is done for it.
 *
 * @returns the repository's id
 * @throws InternVLError as `pushToHub`
 */
export async function checkPush(
  repo: string,
  options: PushOptions = {},
  store: NodeFilesOptions = {},
): Promise<string> {
  return (await openUpload(repo, options, store)).id;
}

async function openUpload(
  repo: string,
  { revision = "main", token, signal }: PushOptions,
  store: NodeFilesOptions,
): Promise<UploadContext> {
  assertName(repo);
  const settings = await resolveSettings(store, token === undefined ? {} : { token });
  if (settings.offline !== undefined) {
    throw new InternVLError("OFFLINE", {
      what: `${repo} cannot be pushed: ${settings.offline}`,
      fix: "Allow the network for this.",
    });
  }
  if (settings.token === undefined) throw missingToken(settings.endpoint);
  const asked: UploadContext = { id: repo, revision, settings, signal, http: new HubHttp(repo, settings) };
  const id = await fullId(repo, asked);
  return { ...asked, id, http: new HubHttp(id, settings) };
}

function assertName(repo: string): void {
  if (isHubId(repo)) return;
  throw new InternVLError("INPUT_INVALID", {
    what: "This is no name for a repository of the Hub",
    expected: "OWNER/NAME or NAME, of letters, digits, '-', '_' and '.'",
    got: JSON.stringify(repo),
    fix: "Choose another name.",
  });
}
