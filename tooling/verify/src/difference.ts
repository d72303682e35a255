/** Where two values differ first: a path into them, and what stands there. */
export interface Difference {
  path: string;
  expected: string;
  got: string;
}

/** Compares JSON values without regard to the order of keys. `undefined` when they are the same. */
export function firstDifference(got: unknown, expected: unknown, path = ""): Difference | undefined {
  if (Object.is(got, expected)) return undefined;
  if (typeof got === "string" && typeof expected === "string") return textDifference(got, expected, path);
  if (Array.isArray(got) && Array.isArray(expected)) return listDifference(got, expected, path);
  if (isObject(got) && isObject(expected)) {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(got)])) {
      const found = firstDifference(got[key], expected[key], path === "" ? key : `${path}.${key}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  return { path, expected: describeValue(expected), got: describeValue(got) };
}

/** A value in at most about 200 characters. */
export function describeValue(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

function listDifference(got: unknown[], expected: unknown[], path: string): Difference | undefined {
  for (let index = 0; index < Math.min(got.length, expected.length); index++) {
    const found = firstDifference(got[index], expected[index], `${path}[${index}]`);
    if (found !== undefined) return found;
  }
  if (got.length === expected.length) return undefined;
  return { path, expected: `${expected.length} entries`, got: `${got.length} entries` };
}

/** Long texts differ somewhere in the middle: shows the surroundings. */
function textDifference(got: string, expected: string, path: string): Difference {
  let at = 0;
  while (got[at] === expected[at]) at++;
  const start = Math.max(0, at - 20);
  const shown = (text: string): string => (start > 0 ? "…" : "") + describeValue(text.slice(start, start + 100));
  return { path: at > 20 ? `${path} (character ${at})` : path, expected: shown(expected), got: shown(got) };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
