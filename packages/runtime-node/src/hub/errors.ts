import { InternVLError } from "@internvl/core";
import type { RefusalWords } from "@internvl/core/hub";

/** How messages about refusals speak in Node. */
export const WORDS: RefusalWords = {
  models: "the folder of a model, or an id like OpenGVLab/InternVL2_5-1B",
  noModel: (id) => `There is no folder "${id}" here, and no model of that id`,
  giveToken: "set HF_TOKEN or the option token",
  checkEndpoint: "Check HF_ENDPOINT and whether the address is one of the Hub.",
};

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
