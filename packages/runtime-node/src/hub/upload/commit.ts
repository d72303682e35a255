import { readFile } from "node:fs/promises";
import { hashFile } from "../checksum.js";
import { hubUnavailable } from "../errors.js";
import { fetchListing, type Listing } from "../listing.js";
import { pause, retrying, TransientError } from "../retry.js";
import { askOnce, type UploadContext } from "./api.js";
import { malformed, uploadRefusal } from "./errors.js";
import type { LocalFile } from "./local-files.js";
import type { UploadMode } from "./modes.js";

export function currentFiles({ http, id, revision, settings, signal }: UploadContext): Promise<Listing> {
  return retrying({ ...settings, signal }, () => fetchListing(http, id, revision, { signal }));
}

/** The files of which the repository has another content, or none. */
export async function changedFiles(
  listing: Listing,
  modes: ReadonlyMap<LocalFile, UploadMode>,
): Promise<Map<LocalFile, UploadMode>> {
  const changed = new Map<LocalFile, UploadMode>();
  for (const [file, mode] of modes) {
    const there = listing.files.get(file.path);
    const same =
      there !== undefined &&
      (there.sha256 === undefined
        ? mode === "regular" && there.blobId === (await hashFile(file.local, "git-sha1"))
        : there.sha256 === file.sha256);
    if (!same) changed.set(file, mode);
  }
  return changed;
}

/**
 * One commit with all files. When its answer is lost nobody knows whether it was made: the repository is asked, so that
 * there are never two of it.
 *
 * @returns the commit
 */
export async function commitFiles(
  context: UploadContext,
  files: ReadonlyMap<LocalFile, UploadMode>,
  { message, parent }: { message: string; parent: string },
): Promise<string> {
  const { id, revision, settings, signal } = context;
  const path = `api/models/${id}/commit/${encodeURIComponent(revision)}`;
  for (let failures = 0, head = parent; ; ) {
    try {
      const body = await commitBody(files, message, head);
      const refused = uploadRefusal;
      const { commitOid } = await askOnce(context, { path, body, type: "application/x-ndjson", refused });
      if (typeof commitOid === "string") return commitOid;
      throw malformed("the commit", "its id", commitOid);
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      failures += 1;
      if (failures > settings.retries) throw hubUnavailable(error, failures);
      await pause(error.wait ?? settings.retryDelay * 2 ** (failures - 1), signal);
      const now = await currentFiles(context);
      if (now.commit !== parent && (await changedFiles(now, files)).size === 0) return now.commit;
      head = now.commit;
    }
  }
}

/** Lines of JSON: a header, then one a file. */
async function commitBody(files: ReadonlyMap<LocalFile, UploadMode>, summary: string, parent: string): Promise<string> {
  const lines: object[] = [{ key: "header", value: { summary, description: "", parentCommit: parent } }];
  for (const [{ path, local, size, sha256 }, mode] of files) {
    lines.push(
      mode === "lfs"
        ? { key: "lfsFile", value: { path, algo: "sha256", oid: sha256, size } }
        : { key: "file", value: { path, encoding: "base64", content: (await readFile(local)).toString("base64") } },
    );
  }
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}
