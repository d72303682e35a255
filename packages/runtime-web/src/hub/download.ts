import { AbortedError, InternVLError, type LongCallOptions } from "@internvl/core";
import { writeFailed } from "../files/opfs.js";
import { hashBlob } from "./checksum.js";
import { refusal } from "./errors.js";
import { fetchParts, type PartsRequest } from "./fetch-parts.js";
import { authorization, type Listing, type RepoFile } from "./listing.js";
import { byteMeter } from "./meter.js";
import type { StoredParts } from "./parts.js";
import type { TransferSettings } from "./settings.js";
import { assertRoom, storedBlob, storedParts } from "./storage.js";

/** Wrong content can come from a cache on the way once; twice, it is what the server has. */
const TRIES = 2;

/**
 * Fetches files that are not stored yet, with one progress for all, going on from what an earlier try got.
 *
 * @throws InternVLError `FILE_WRITE_FAILED` (before the first byte where they cannot fit), `FILE_INVALID` when content is
 * wrong twice, `FILE_NOT_FOUND`, `HUB_DENIED`, `HUB_UNAVAILABLE`, `ABORTED`
 */
export async function download(
  listing: Listing,
  files: readonly RepoFile[],
  name: string,
  settings: TransferSettings,
  options: LongCallOptions,
): Promise<void> {
  let needed = 0;
  for (const file of files) {
    for (const { start, end } of await (await storedParts(file)).missing(settings.partBytes)) needed += end - start;
  }
  await assertRoom(needed, name);
  const total = files.reduce((sum, { size }) => sum + size, 0);
  const count = byteMeter(options.progress_callback, { stage: "download", name, total });
  for (const file of files)
    await exclusively(file, options.signal, () => fill(listing, file, settings, options, count));
}

/** One page at a time: the others wait, and find the file when it is their turn. */
async function exclusively(
  { checksum, path }: RepoFile,
  signal: AbortSignal | undefined,
  action: () => Promise<void>,
): Promise<void> {
  try {
    await navigator.locks.request(`internvl/${checksum.hex}`, { signal }, action);
  } catch (cause) {
    if (InternVLError.isInstance(cause)) throw cause;
    if (signal?.aborted) throw new AbortedError("The transfer was aborted", { cause });
    throw writeFailed(path, cause);
  }
}

async function fill(
  listing: Listing,
  file: RepoFile,
  settings: TransferSettings,
  { signal, progress_callback }: LongCallOptions,
  count: (bytes: number) => void,
): Promise<void> {
  if ((await storedBlob(file)) !== undefined) return count(file.size);
  const parts = await storedParts(file);
  const request = { ...fileRequest(listing, file, settings), signal, received: count };
  for (let tries = 1; ; tries++) {
    const blob = await fetchAll(parts, file, settings, request);
    const hashed = byteMeter(progress_callback, { stage: "verify", name: file.path, total: file.size });
    const got = await hashBlob(blob, file.checksum.kind, { signal, hashed });
    if (got === file.checksum.hex) return parts.complete();
    await parts.clear();
    count(-file.size);
    if (tries === TRIES) throw wrongContent(file, got);
  }
}

async function fetchAll(
  parts: StoredParts,
  { path, size }: RepoFile,
  settings: TransferSettings,
  request: PartsRequest,
): Promise<Blob> {
  const missing = await parts.missing(settings.partBytes);
  request.received(size - missing.reduce((sum, { start, end }) => sum + end - start, 0));
  await fetchParts(settings, parts, missing, request);
  const blob = await parts.assemble();
  if (blob !== undefined) return blob;
  throw new InternVLError("FILE_WRITE_FAILED", {
    what: `Parts of ${path} are gone from this page's storage`,
    fix: "Try again; the browser clears storage when the disk is full or when it is asked to.",
  });
}

function fileRequest({ id, revision, commit }: Listing, { path }: RepoFile, settings: TransferSettings) {
  const { endpoint, token } = settings;
  const encoded = path.split("/").map(encodeURIComponent).join("/");
  return {
    url: `${endpoint}/${id}/resolve/${commit}/${encoded}`,
    headers: authorization(settings),
    refused: (response: Response) => refusal(response, { id, revision, path, endpoint, token: token !== undefined }),
  };
}

function wrongContent({ path, checksum }: RepoFile, got: string): InternVLError {
  return new InternVLError("FILE_INVALID", {
    what: `${path} arrived ${TRIES} times with other content than the Hub says`,
    expected: `${checksum.kind} ${checksum.hex}`,
    got,
    fix: "Try again later; if a mirror or proxy is in between, try without it.",
  });
}
