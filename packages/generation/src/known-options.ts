import { InternVLError } from "@internvl/core";
import { MISSING_OPTION_NAMES } from "./options.js";

/**
 * Refuses options that nobody reads, which are misspelt more often than not.
 *
 * @param options what the caller passed; members that are `undefined` do not count
 * @param names all names that are read
 * @throws InternVLError `UNSUPPORTED` for what Transformers has and this package lacks, else `INPUT_INVALID` with the
 *   nearest name that exists
 */
export function assertKnownOptions(options: object, names: readonly string[]): void {
  const known = new Set(names);
  for (const [name, value] of Object.entries(options)) {
    if (known.has(name) || value === undefined) continue;
    if (MISSING_OPTION_NAMES.includes(name)) {
      if (value === null) continue;
      throw new InternVLError("UNSUPPORTED", {
        what: `The generation option "${name}" of Transformers is not supported yet`,
        fix: "Leave it out, or write a logits processor of your own.",
      });
    }
    const nearest = nearestName(name, names);
    throw new InternVLError("INPUT_INVALID", {
      what: `There is no option "${name}"`,
      fix: nearest === undefined ? `The options are ${names.join(", ")}.` : `Did you mean "${nearest}"?`,
    });
  }
}

/** The name that takes the fewest edits, where they are fewer than half of its letters. */
function nearestName(name: string, names: readonly string[]): string | undefined {
  // Camel case and snake case are the same name to a reader.
  const spelled = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  let nearest: string | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const candidate of names) {
    const edits = editDistance(spelled, candidate);
    if (edits < fewest && edits * 2 < candidate.length) {
      fewest = edits;
      nearest = candidate;
    }
  }
  return nearest;
}

/** Levenshtein's distance, one row of the table at a time. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(substitution, previous[j]! + 1, current[j - 1]! + 1));
    }
    previous = current;
  }
  return previous[b.length]!;
}
