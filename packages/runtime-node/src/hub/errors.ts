import { InternVLError } from "@internvl/core";

/** A request that the Hub answered with an error, as far as messages need it. */
export interface Refusal {
  /** The model's id. */
  id: string;
  revision: string;
  /** The path of the file that was asked for; undefined for the listing. */
  path?: string;
  endpoint: string;
  status: number;
  /** The Hub's own name for what is wrong: header `X-Error-Code`. */
  code?: string;
  /** Header `X-Error-Message`. */
  message?: string;
  /** Whether a token was sent. */
  token: boolean;
}

/**
 * What an answer of 4xx means. The Hub says 401 for what does not exist as well as for what is private when no token
 * came along, so that nobody learns which names are taken; the message says so.
 */
export function refusalError(refusal: Refusal): InternVLError {
  const { id, revision, path, endpoint, status, code } = refusal;
  const detail = refusal.message === undefined ? "" : ` ("${refusal.message}")`;
  if (code === "GatedRepo") return gated(refusal, detail);
  if (code === "RevisionNotFound") {
    return new InternVLError("FILE_NOT_FOUND", {
      what: `${id} has no revision "${revision}"`,
      expected: "a branch, a tag or a commit",
      fix: `See ${endpoint}/${id}/commits/main.`,
    });
  }
  if (path !== undefined && (code === "EntryNotFound" || (status === 404 && code === undefined))) {
    return entryNotFound(id, revision, path);
  }
  if (code === "RepoNotFound" || status === 404) return repoNotFound(refusal);
  if (status === 401 || status === 403) return denied(refusal, detail);
  return new InternVLError("HUB_UNAVAILABLE", {
    what: `${endpoint} refused ${path ?? "the listing"} of ${id} with status ${status}${detail}`,
    fix: "Check HF_ENDPOINT and whether the address is one of the Hub.",
  });
}

/** The repository exists, the file in it does not. */
export function entryNotFound(id: string, revision: string, path: string): InternVLError {
  return new InternVLError("FILE_NOT_FOUND", {
    what: `${path} is not in ${id} at revision "${revision}"`,
    fix: "Check the spelling, or give a revision that has it.",
  });
}

function repoNotFound({ id, endpoint, token }: Refusal): InternVLError {
  return new InternVLError("FILE_NOT_FOUND", {
    what: `There is no folder "${id}" here, and no model of that id at ${endpoint}${token ? " that this token may see" : ""}`,
    expected: "the folder of a model, or an id like OpenGVLab/InternVL2_5-1B",
    fix: token ? "Check the spelling." : "Check the spelling; if the model is private, set HF_TOKEN.",
  });
}

function gated({ id, endpoint, token }: Refusal, detail: string): InternVLError {
  return new InternVLError("HUB_DENIED", {
    what: `${id} is gated: its owner wants to know who uses it${detail}`,
    fix: `Ask for access at ${endpoint}/${id}${token ? "" : " and set HF_TOKEN to a token of that account"}.`,
  });
}

function denied({ id, endpoint, status, token }: Refusal, detail: string): InternVLError {
  return new InternVLError("HUB_DENIED", {
    what: token
      ? `${endpoint} does not accept the token for ${id} (status ${status})${detail}`
      : `${id} is private, or it does not exist: ${endpoint} shows it to nobody without a token (status ${status})${detail}`,
    fix: token
      ? "Check that the token is valid and may read this model."
      : "Check the spelling; if the model is private, set HF_TOKEN or the option token.",
  });
}

/** The Hub could not be reached, or answered with something that a wait did not mend. */
export function hubUnavailable(cause: Error, tries: number): InternVLError {
  return new InternVLError("HUB_UNAVAILABLE", {
    what: `The Hub did not answer as it should${tries > 1 ? `, ${tries} times in a row` : ""}: ${cause.message}`,
    fix: "Check the network and the proxy (HTTPS_PROXY), then try again: what was fetched is kept.",
    cause,
  });
}

/** The network may not be used and the cache does not have it. `wanted` is a sentence's subject. */
export function offlineError(wanted: string, cacheDir: string, reason: string): InternVLError {
  return new InternVLError("OFFLINE", {
    what: `${wanted} is not in the cache ${cacheDir}, and ${reason}`,
    fix: "Allow the network once, or copy the cache of a machine that has it.",
  });
}

/** What the server sends is not what it promised. */
export function mismatch(what: string, expected: string, got: string): InternVLError {
  return new InternVLError("FILE_INVALID", {
    what,
    expected,
    got,
    fix: "Try again later; if a mirror or proxy is in between, try without it.",
  });
}
