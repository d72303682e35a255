import type { Session } from "./session.js";

/** What a person should know before the first answer. */
export function sayWhoAnswers(session: Session): void {
  if (!session.isDemo) return;
  process.stderr.write(
    "The demo model answers. It knows only coloured shapes, numbers and words on signs, no photographs: see --model.\n",
  );
}
