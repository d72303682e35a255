/**
 * Unbounded repetitions that a key may have. Each multiplies the ways in which a name can be tried; with these, a name of 60
 * letters takes milliseconds even if somebody wrote the key to hang the program. Keys that PEFT writes itself have none.
 */
const MAX_REPETITIONS = 4;

const REPETITION = /(?<!\\)[*+]|(?<!\\)\{\d+,\d*\}/g;
/** Repetitions in a repeated group would be exponential in the length of a name. */
const REPEATED_GROUP = /(?<!\\)\)[*+{]/;

/** The first key that matches: PEFT's `get_pattern_key`, with the whole name or its end after a point. */
export function patternValue(pattern: Readonly<Record<string, number>>, module: string): number | undefined {
  const key = Object.keys(pattern).find((key) => expressionOf(key).test(module));
  return key === undefined ? undefined : pattern[key];
}

/** What is wrong with a key of a pattern; undefined when it can be matched. */
export function patternProblem(key: string): string | undefined {
  try {
    expressionOf(key);
  } catch (error) {
    return (error as Error).message;
  }
  const repetitions = key.match(REPETITION)?.length ?? 0;
  if (repetitions > MAX_REPETITIONS) return `it has ${repetitions} repetitions, and ${MAX_REPETITIONS} are allowed`;
  return REPEATED_GROUP.test(key) ? "it repeats a group" : undefined;
}

function expressionOf(key: string): RegExp {
  return new RegExp(`^(.*\\.)?(${key})$`);
}
