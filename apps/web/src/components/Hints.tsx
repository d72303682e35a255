import { pageHints } from "../state/hints.js";

/** What this browser or server lacks, and what follows from it. */
export function Hints() {
  const hints = pageHints();
  if (hints.length === 0) return null;
  return (
    <ul class="hints">
      {hints.map((hint) => (
        <li key={hint}>{hint}</li>
      ))}
    </ul>
  );
}
