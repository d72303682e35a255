import { assertSafePath, InternVLError, type JsonObject, type JsonValue } from "@internvl/core";
import { COMMIT, invalidListing, isObject, isSize, parseListing, type RepoFile, SHA256 } from "@internvl/core/hub";
import { type HubHttp, networkError } from "./http.js";

/** The files of one commit. */
export interface Listing {
  commit: string;
  files: ReadonlyMap<string, RepoFile>;
  /** Whether these are all files of the commit; a folder in the cache alone cannot tell. */
  complete: boolean;
}

/** 100 bytes a file and a million files; what is longer is no listing. */
const LONGEST_LISTING = 128 * 1024 * 1024;

/**
 * Asks which commit `revision` is and which files it has.
 *
 * @throws TransientError, InternVLError `FILE_NOT_FOUND`, `HUB_DENIED`, `HUB_UNAVAILABLE`, `FILE_INVALID`
 */
export async function fetchListing(
  http: HubHttp,
  id: string,
  revision: string,
  { signal, timeout }: { signal?: AbortSignal; timeout?: number },
): Promise<Listing> {
  const path = `api/models/${id}/revision/${encodeURIComponent(revision)}?blobs=true`;
  const response = await http.request({ method: "GET", path, revision, signal, timeout });
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > LONGEST_LISTING) throw invalidListing(id, `at most ${LONGEST_LISTING} bytes`, "more");
      chunks.push(chunk);
    }
  } catch (error) {
    throw InternVLError.isInstance(error) ? error : networkError(error, "the listing", signal);
  }
  const { commit, files } = parseListing(Buffer.concat(chunks).toString("utf8"), id);
  return { commit, files: new Map(files.map((file) => [file.path, file])), complete: true };
}

/** `trees/COMMIT.json` as `huggingface_hub` writes it; undefined for another version or what is damaged. */
export function parseTree(json: string, commit: string): Listing | undefined {
  let tree: JsonValue;
  try {
    tree = JSON.parse(json) as JsonValue;
  } catch {
    return undefined;
  }
  if (!isObject(tree) || tree["format_version"] !== 1 || !isObject(tree["files"])) return undefined;
  const files = new Map<string, RepoFile>();
  for (const [path, info] of Object.entries(tree["files"])) {
    if (!isObject(info) || !isSize(info["size"]) || typeof info["blob_id"] !== "string") return undefined;
    const file: RepoFile = { path: assertSafePath(path, `The listing of ${commit}`), size: info["size"] };
    if (COMMIT.test(info["blob_id"])) file.blobId = info["blob_id"];
    const sha256 = info["lfs_sha256"];
    if (typeof sha256 === "string" && SHA256.test(sha256)) file.sha256 = sha256;
    files.set(path, file);
  }
  return { commit, files, complete: true };
}

/** The reverse of `parseTree`; undefined when the listing does not say enough for it. */
export function formatTree(listing: Listing): string | undefined {
  const files: Record<string, JsonObject> = {};
  for (const [path, { size, blobId, sha256 }] of [...listing.files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (size === undefined || blobId === undefined) return undefined;
    files[path] = { size, blob_id: blobId };
    if (sha256 !== undefined) Object.assign(files[path], { lfs_sha256: sha256, lfs_size: size });
  }
  return JSON.stringify({ format_version: 1, files }, undefined, 1);
}
