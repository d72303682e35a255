import type { InternVLError } from "@internvl/core";
import { type Refusal, type RefusalWords, refusalError } from "@internvl/core/hub";

/** How messages about refusals speak in a page. */
const WORDS: RefusalWords = {
  models: "an id like OpenGVLab/InternVL2_5-1B, an address, or a folder of this page's storage",
  noModel: (id) => `There is no model "${id}"`,
  giveToken: "pass the option token",
  checkEndpoint: "Check the endpoint.",
};

/** What an answer of 4xx means. */
export function refusal(
  { status, headers }: Response,
  about: Omit<Refusal, "status" | "code" | "message">,
): InternVLError {
  const code = headers.get("x-error-code") ?? undefined;
  const message = headers.get("x-error-message") ?? undefined;
  return refusalError({ ...about, status, code, message }, WORDS);
}
