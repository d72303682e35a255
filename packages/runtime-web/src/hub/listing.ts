import { InternVLError } from "@internvl/core";
import { type RepoFile as HubFile, invalidListing, parseListing } from "@internvl/core/hub";
import type { Checksum } from "./checksum.js";
import { refusal } from "./errors.js";
import type { TransferSettings } from "./settings.js";
import { transfer } from "./transfer.js";

/** One file of a repository, as the Hub describes it. */
export interface RepoFile {
  path: string;
  /** Bytes. */
  size: number;
  checksum: Checksum;
}

/** The files of one commit. */
export interface Listing {
  id: string;
  revision: string;
  commit: string;
  files: RepoFile[];
}

/**
 * Asks which commit `revision` is and which files it has.
 *
 * @throws InternVLError `FILE_NOT_FOUND`, `HUB_DENIED`, `HUB_UNAVAILABLE`, `FILE_INVALID`, `ABORTED`
 */
export function fetchListing(
  settings: TransferSettings,
  id: string,
  revision: string,
  signal: AbortSignal | undefined,
): Promise<Listing> {
  const { endpoint } = settings;
  const about = { id, revision, endpoint, token: settings.token !== undefined };
  const request = {
    url: `${endpoint}/api/models/${id}/revision/${encodeURIComponent(revision)}?blobs=true`,
    headers: authorization(settings),
    signal,
    refused: (response: Response) => refusal(response, about),
  };
  return transfer(settings, request, async ({ chunks }) => {
    const parts: BlobPart[] = [];
    for await (const chunk of chunks()) parts.push(chunk);
    const { commit, files } = parseListing(await new Blob(parts).text(), id);
    return { id, revision, commit, files: files.map((file) => checked(file, id)) };
  });
}

/** The header that carries the token, where there is one. Browsers send it over no redirect to another origin. */
export function authorization({ token }: TransferSettings): Record<string, string> {
  if (token === undefined) return {};
  // The message must not show the token: messages end in logs.
  if (/^[\x21-\x7e]+$/.test(token)) return { authorization: `Bearer ${token}` };
  throw new InternVLError("INPUT_INVALID", {
    what: "The token for the Hub has characters that no token has",
    expected: "letters, digits and signs without spaces, hf_… for instance",
    fix: "Copy it again from your settings page on the Hub.",
  });
}

/** Browsers check what they store, so that a mirror that leaves sizes or checksums out will not do. */
function checked({ path, size, blobId, sha256 }: HubFile, id: string): RepoFile {
  if (size !== undefined && sha256 !== undefined) return { path, size, checksum: { kind: "sha256", hex: sha256 } };
  if (size !== undefined && blobId !== undefined) return { path, size, checksum: { kind: "git-sha1", hex: blobId } };
  throw invalidListing(id, "a size and a checksum for each file", `neither for ${path}`);
}
