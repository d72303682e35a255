import { InternVLError } from "../errors.js";
import { assertSafePath } from "../files.js";
import type { JsonObject, JsonValue } from "../json.js";

/** One file of a repository, as the Hub describes it. What a mirror leaves out is undefined. */
export interface RepoFile {
  path: string;
  /** Bytes. */
  size?: number;
  /** Git's SHA-1 of the blob; for a file in LFS that of its pointer. */
  blobId?: string;
  /** Of the content, for files in LFS. */
  sha256?: string;
}

/** The files of one commit. */
export interface RepoListing {
  commit: string;
  files: RepoFile[];
}

export const COMMIT: RegExp = /^[0-9a-f]{40}$/;
export const SHA256: RegExp = /^[0-9a-f]{64}$/;

/**
 * Reads what the Hub answers to `api/models/ID/revision/REVISION?blobs=true`.
 *
 * @param id the model's, for messages
 * @throws InternVLError `FILE_INVALID` for what is no listing, or names a file outside of the repository
 */
export function parseListing(json: string, id: string): RepoListing {
  let answer: JsonValue;
  try {
    answer = JSON.parse(json) as JsonValue;
  } catch {
    throw invalidListing(id, "JSON", JSON.stringify(json.slice(0, 40)));
  }
  const { sha, siblings } = isObject(answer) ? answer : {};
  if (typeof sha !== "string" || !COMMIT.test(sha)) {
    throw invalidListing(id, "the sha of a commit", JSON.stringify(sha));
  }
  if (!Array.isArray(siblings)) throw invalidListing(id, "an array of siblings", typeof siblings);
  return { commit: sha, files: siblings.map((sibling) => parseSibling(sibling, id)) };
}

function parseSibling(sibling: JsonValue, id: string): RepoFile {
  const { rfilename, size, blobId, lfs } = isObject(sibling) ? sibling : {};
  if (typeof rfilename !== "string") throw invalidListing(id, "a name for each file", JSON.stringify(sibling));
  const file: RepoFile = { path: assertSafePath(rfilename, `The listing of ${id}`) };
  if (isSize(size)) file.size = size;
  if (typeof blobId === "string" && COMMIT.test(blobId)) file.blobId = blobId;
  if (isObject(lfs) && typeof lfs["sha256"] === "string" && SHA256.test(lfs["sha256"])) file.sha256 = lfs["sha256"];
  return file;
}

/** An answer that is no listing. */
export function invalidListing(id: string, expected: string, got: string): InternVLError {
  return new InternVLError("FILE_INVALID", {
    what: `The answer about ${id} is no listing of the Hub`,
    expected,
    got,
    fix: "Check the endpoint, and whether a mirror or proxy answers in the Hub's place.",
  });
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether this is a number of bytes. */
export function isSize(value: JsonValue | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
