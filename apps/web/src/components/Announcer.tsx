import { spokenPart } from "../state/announce.js";
import { plainText } from "../state/parse-answer.js";
import type { Answer } from "../state/types.js";

/** The answer for screen readers, in whole sentences. */
export function Announcer({ answer }: { answer: Answer | undefined }) {
  const text = answer === undefined ? "" : spokenPart(plainText(answer.text), answer.status !== "working");
  return (
    <div class="hidden" aria-live="polite">
      {text}
    </div>
  );
}
