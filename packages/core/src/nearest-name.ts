/**
 * The name that a misspelt one was probably meant to be: the one that takes the fewest edits, where they are fewer than
 * half of its letters. Camel case and snake case count as the same spelling.
 */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  const spelled = snakeCase(name);
  let nearest: string | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const edits = editDistance(spelled, snakeCase(candidate));
    if (edits < fewest && edits * 2 < candidate.length) {
      fewest = edits;
      nearest = candidate;
    }
  }
  return nearest;
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Levenshtein's distance: letters put in, taken out or changed. One row of the table at a time. */
export function editDistance(a: string, b: string): number {
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
