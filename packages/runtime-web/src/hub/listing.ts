import { assertSafePath, InternVLError, type JsonObject, type JsonValue } from "@internvl/core";
import type { Checksum } from "./checksum.js";
import { type Refused, refusalError } from "./errors.js";
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

const SHA1 = /^[0-9a-f]{40}$/;
const SHA256 = /^[0-9a-f]{64}$/;

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
  const about: Refused = { id, revision, endpoint, token: settings.token !== undefined };
  const request = {
    url: `${endpoint}/api/models/${id}/revision/${encodeURIComponent(revision)}?blobs=true`,
    headers: authorization(settings),
    signal,
    refused: (response: Response) => refusalError(response, about),
  };
  return transfer(settings, request, async ({ chunks }) => {
    const parts: BlobPart[] = [];
    for await (const chunk of chunks()) parts.push(chunk);
    return parseListing(await new Blob(parts).text(), id, revision);
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

/** @throws InternVLError `FILE_INVALID` for what is no listing, or names a file outside of the repository */
function parseListing(json: string, id: string, revision: string): Listing {
  let answer: JsonValue;
  try {
    answer = JSON.parse(json) as JsonValue;
  } catch {
    throw invalid(id, "JSON", JSON.stringify(json.slice(0, 40)));
  }
  const { sha, siblings } = isObject(answer) ? answer : {};
  if (typeof sha !== "string" || !SHA1.test(sha)) throw invalid(id, "the sha of a commit", JSON.stringify(sha));
  if (!Array.isArray(siblings)) throw invalid(id, "an array of siblings", typeof siblings);
  return { id, revision, commit: sha, files: siblings.map((sibling) => parseSibling(sibling, id)) };
}

function parseSibling(sibling: JsonValue, id: string): RepoFile {
  const { rfilename, size, blobId, lfs } = isObject(sibling) ? sibling : {};
  const sha256 = isObject(lfs) ? lfs["sha256"] : undefined;
  const named = typeof rfilename === "string" && typeof size === "number" && Number.isSafeInteger(size) && size >= 0;
  if (named && typeof sha256 === "string" && SHA256.test(sha256)) {
    return { path: safe(rfilename, id), size, checksum: { kind: "sha256", hex: sha256 } };
  }
  if (named && typeof blobId === "string" && SHA1.test(blobId)) {
    return { path: safe(rfilename, id), size, checksum: { kind: "git-sha1", hex: blobId } };
  }
  throw invalid(id, "a name, a size and a checksum for each file", JSON.stringify(sibling));
}

function safe(path: string, id: string): string {
  return assertSafePath(path, `The listing of ${id}`);
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(id: string, expected: string, got: string): InternVLError {
  return new InternVLError("FILE_INVALID", {
    what: `The listing of ${id} is not what the Hub sends`,
    expected,
    got,
    fix: "Check the endpoint; if a mirror or proxy is in between, try without it.",
  });
}
