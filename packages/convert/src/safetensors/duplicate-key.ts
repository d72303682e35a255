/**
 * The first key that a JSON object holds twice, or undefined. `JSON.parse` keeps the last of two equal keys and says
 * nothing, which would hide one of two tensors.
 *
 * @param text valid JSON of an object. Only its own keys are looked at, not those of objects within.
 */
export function findDuplicateKey(text: string): string | undefined {
  const seen = new Set<string>();
  let depth = 0;
  let at = 0;
  while (at < text.length) {
    const character = text[at];
    if (character === '"') {
      const end = stringEnd(text, at);
      if (depth === 1 && isKey(text, end)) {
        const key: string = JSON.parse(text.slice(at, end));
        if (seen.has(key)) return key;
        seen.add(key);
      }
      at = end;
      continue;
    }
    if (character === "{" || character === "[") depth++;
    if (character === "}" || character === "]") depth--;
    at++;
  }
  return undefined;
}

/** The index behind the closing quote of the string that opens at `start`. */
function stringEnd(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}

function isKey(text: string, end: number): boolean {
  let at = end;
  while (/\s/.test(text[at] ?? "")) at++;
  return text[at] === ":";
}
