import { InternVLError } from "@internvl/core";
import type { Refusal } from "@internvl/core/hub";

/** What an answer of 4xx to an upload means. */
export function uploadRefusal({ id, endpoint, status, message }: Refusal): InternVLError {
  const detail = message === undefined ? "" : ` ("${message}")`;
  // The Hub answers 403 to a full account too; its words tell them apart.
  if (status === 402 || status === 413 || status === 507 || /quota|storage limit|payment/i.test(message ?? "")) {
    return outOfStorage(id, endpoint, detail);
  }
  if (status === 401) {
    return new InternVLError("HUB_DENIED", {
      what: `${endpoint} does not accept the token${detail}`,
      fix: "Check HF_TOKEN, or log in again with a token that is valid.",
    });
  }
  if (status === 403 || status === 404) {
    return new InternVLError("HUB_DENIED", {
      what: `${endpoint} does not let this token write to ${id} (status ${status})${detail}`,
      expected: "a name in your own account or in an organisation that you may write to, and a token with write access",
      fix: `Make such a token at ${endpoint}/settings/tokens, or choose another name.`,
    });
  }
  if (status === 412) {
    return new InternVLError("UPLOAD_REFUSED", {
      what: `${id} was changed by somebody else meanwhile${detail}`,
      fix: "Push again: what was uploaded is kept.",
    });
  }
  return new InternVLError("UPLOAD_REFUSED", {
    what: `${endpoint} refused to write to ${id} (status ${status})${detail}`,
    fix: "Check the name: letters, digits, '-', '_' and '.', with the account before a '/'.",
  });
}

export function outOfStorage(id: string, endpoint: string, detail: string): InternVLError {
  return new InternVLError("UPLOAD_REFUSED", {
    what: `There is no room left for ${id} at ${endpoint}${detail}`,
    fix: `Remove what is not needed, or see ${endpoint}/settings/billing; what was uploaded is kept for the next try.`,
  });
}

export function nameTaken(id: string, endpoint: string): InternVLError {
  return new InternVLError("UPLOAD_REFUSED", {
    what: `${id} exists already at ${endpoint}`,
    fix: "Choose another name, or allow writing to what exists (existOk).",
  });
}

export function missingToken(endpoint: string): InternVLError {
  return new InternVLError("HUB_DENIED", {
    what: `Uploading to ${endpoint} needs a token, and there is none`,
    expected: "a token with write access in HF_TOKEN, in the option token, or where `hf auth login` leaves it",
    fix: `Make one at ${endpoint}/settings/tokens.`,
  });
}

/** An answer of the Hub that is none of its API's. */
export function malformed(about: string, expected: string, got: unknown): InternVLError {
  return new InternVLError("HUB_UNAVAILABLE", {
    what: `The Hub's answer about ${about} makes no sense`,
    expected,
    got: JSON.stringify(got)?.slice(0, 120) ?? "nothing",
    fix: "Check HF_ENDPOINT, and whether a proxy answers in the Hub's place.",
  });
}
