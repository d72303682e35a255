import { InternVLError } from "@internvl/core";

/** A request that was refused, as far as messages need it. */
export interface Refused {
  /** The model's id. */
  id: string;
  revision: string;
  /** The path of the file that was asked for; undefined for the listing. */
  path?: string;
  endpoint: string;
  /** Whether a token was sent. */
  token: boolean;
}

/**
 * What an answer of 4xx means. The Hub says 401 for what does not exist as well as for what is private when no token came
 * along, so that nobody learns which names are taken; the message says so.
 */
export function refusalError(response: Response, refused: Refused): InternVLError {
  const { id, revision, path, endpoint, token } = refused;
  const { status, headers } = response;
  const code = headers.get("x-error-code");
  if (code === "GatedRepo") {
    return new InternVLError("HUB_DENIED", {
      what: `${id} is gated: its owner wants to know who uses it`,
      fix: `Ask for access at ${endpoint}/${id}${token ? "" : " and pass the token of that account"}.`,
    });
  }
  if (code === "RevisionNotFound") {
    return new InternVLError("FILE_NOT_FOUND", {
      what: `${id} has no revision "${revision}"`,
      expected: "a branch, a tag or a commit",
      fix: `See ${endpoint}/${id}/commits/main.`,
    });
  }
  if (path !== undefined && status === 404) return entryNotFound(id, revision, path);
  if (status === 404 || code === "RepoNotFound") {
    return new InternVLError("FILE_NOT_FOUND", {
      what: `There is no model "${id}" at ${endpoint}${token ? " that this token may see" : ""}`,
      expected: "an id like OpenGVLab/InternVL2_5-1B, an address, or a folder of this page's storage",
      fix: token ? "Check the spelling." : "Check the spelling; if the model is private, pass the option token.",
    });
  }
  if (status === 401 || status === 403) {
    return new InternVLError("HUB_DENIED", {
      what: token
        ? `${endpoint} does not accept the token for ${id} (status ${status})`
        : `${id} is private, or it does not exist: ${endpoint} shows it to nobody without a token (status ${status})`,
      fix: token
        ? "Check that the token is valid and may read this model."
        : "Check the spelling; if the model is private, pass the option token.",
    });
  }
  return new InternVLError("HUB_UNAVAILABLE", {
    what: `${endpoint} refused ${path ?? "the listing"} of ${id} with status ${status}`,
    fix: "Check the endpoint.",
  });
}

/** The repository exists, the file in it does not. */
export function entryNotFound(id: string, revision: string, path: string): InternVLError {
  return new InternVLError("FILE_NOT_FOUND", {
    what: `${path} is not in ${id} at revision "${revision}"`,
    fix: "Check the spelling, or give a revision that has it.",
  });
}
