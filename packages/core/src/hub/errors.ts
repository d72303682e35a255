import { InternVLError } from "../errors.js";

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

/** How a platform's messages speak. */
export interface RefusalWords {
  /** What a model may be: `"the folder of a model, or an id like …"`. */
  models: string;
  /** The beginning of a sentence that ends with "at ENDPOINT". */
  noModel(id: string): string;
  /** How a token is given: `"set HF_TOKEN"`. */
  giveToken: string;
  /** What to check when the endpoint refuses, a sentence. */
  checkEndpoint: string;
}

/**
 * What an answer of 4xx means. The Hub says 401 for what does not exist as well as for what is private when no token
 * came along, so that nobody learns which names are taken; the message says so.
 */
export function refusalError(refusal: Refusal, words: RefusalWords): InternVLError {
  const { id, revision, path, endpoint, status, code } = refusal;
  const detail = refusal.message === undefined ? "" : ` ("${refusal.message}")`;
  if (code === "GatedRepo") return gated(refusal, detail, words);
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
  if (code === "RepoNotFound" || status === 404) return repoNotFound(refusal, words);
  if (status === 401 || status === 403) return denied(refusal, detail, words);
  return new InternVLError("HUB_UNAVAILABLE", {
    what: `${endpoint} refused ${path ?? "the listing"} of ${id} with status ${status}${detail}`,
    fix: words.checkEndpoint,
  });
}

/** The repository exists, the file in it does not. */
export function entryNotFound(id: string, revision: string, path: string): InternVLError {
  return new InternVLError("FILE_NOT_FOUND", {
    what: `${path} is not in ${id} at revision "${revision}"`,
    fix: "Check the spelling, or give a revision that has it.",
  });
}

function repoNotFound({ id, endpoint, token }: Refusal, { models, noModel, giveToken }: RefusalWords): InternVLError {
  return new InternVLError("FILE_NOT_FOUND", {
    what: `${noModel(id)} at ${endpoint}${token ? " that this token may see" : ""}`,
    expected: models,
    fix: token ? "Check the spelling." : `Check the spelling; if the model is private, ${giveToken}.`,
  });
}

function gated({ id, endpoint, token }: Refusal, detail: string, { giveToken }: RefusalWords): InternVLError {
  return new InternVLError("HUB_DENIED", {
    what: `${id} is gated: its owner wants to know who uses it${detail}`,
    fix: `Ask for access at ${endpoint}/${id}${token ? "" : `; with a token of that account, ${giveToken}`}.`,
  });
}

function denied({ id, endpoint, status, token }: Refusal, detail: string, { giveToken }: RefusalWords): InternVLError {
  return new InternVLError("HUB_DENIED", {
    what: token
      ? `${endpoint} does not accept the token for ${id} (status ${status})${detail}`
      : `${id} is private, or it does not exist: ${endpoint} shows it to nobody without a token (status ${status})${detail}`,
    fix: token
      ? "Check that the token is valid and may read this model."
      : `Check the spelling; if the model is private, ${giveToken}.`,
  });
}
