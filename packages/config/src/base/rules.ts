/** What a field may hold, and what it holds when nothing is said. */
export interface Rule<T> {
  readonly default: T;
  /** What is allowed, for messages. */
  readonly expected: string;
  /** Whether `value` is allowed. Types are checked too: values come from files. */
  accepts(value: unknown): boolean;
}

export interface Range {
  min?: number;
  max?: number;
  /** Whether `min` itself is too small. */
  exclusive?: boolean;
  /** Why `max` is where it is. */
  because?: string;
}

/** The largest id: token ids are 32-bit integers in most files and tools. */
const MAX_TOKEN_ID = 2 ** 31 - 1;

export function integer(initial: number, range: Range = {}): Rule<number> {
  return {
    default: initial,
    expected: `an integer${bounds(range)}`,
    accepts: (value) => Number.isSafeInteger(value) && within(value as number, range),
  };
}

export function real(initial: number, range: Range = {}): Rule<number> {
  return {
    default: initial,
    expected: `a finite number${bounds(range)}`,
    accepts: (value) => Number.isFinite(value) && within(value as number, range),
  };
}

/** A probability that is applied in training only. */
export function dropout(): Rule<number> {
  return real(0, { min: 0, max: 1 });
}

export function flag(initial: boolean): Rule<boolean> {
  return { default: initial, expected: "true or false", accepts: (value) => typeof value === "boolean" };
}

export function oneOf<T extends string>(initial: T, ...others: T[]): Rule<T> {
  const allowed: readonly unknown[] = [initial, ...others];
  return {
    default: initial,
    expected: `${allowed.length > 1 ? "one of " : ""}${allowed.map((value) => JSON.stringify(value)).join(", ")}`,
    accepts: (value) => allowed.includes(value),
  };
}

export function text(initial: string): Rule<string> {
  return { default: initial, expected: "a string", accepts: (value) => typeof value === "string" };
}

export function tokenId(initial: number): Rule<number> {
  return integer(initial, { min: 0, max: MAX_TOKEN_ID, because: "ids are 32-bit integers" });
}

/** A list that may be empty. */
export function anyListOf<T>(item: Rule<T>): Rule<T[]> {
  return {
    default: [],
    expected: `a list of which each is ${item.expected}`,
    accepts: (value) => Array.isArray(value) && value.every((entry) => item.accepts(entry)),
  };
}

/** A list of at least one value. */
export function listOf<T>(item: Rule<T>): Rule<T[]> {
  return {
    default: [],
    expected: `a list, not empty, of which each is ${item.expected}`,
    accepts: (value) => Array.isArray(value) && value.length > 0 && value.every((entry) => item.accepts(entry)),
  };
}

/** `null` by default, or what `rule` allows. */
export function nullable<T>(rule: Rule<T>): Rule<T | null> {
  return {
    default: null,
    expected: `${rule.expected}, or null`,
    accepts: (value) => value === null || rule.accepts(value),
  };
}

/** What one of two rules allows; the default is the first's. */
export function either<A, B>(first: Rule<A>, second: Rule<B>): Rule<A | B> {
  return {
    default: first.default,
    expected: `${first.expected}, or ${second.expected}`,
    accepts: (value) => first.accepts(value) || second.accepts(value),
  };
}

function within(value: number, { min = -Infinity, max = Infinity, exclusive = false }: Range): boolean {
  return (exclusive ? value > min : value >= min) && value <= max;
}

function bounds({ min, max, exclusive, because }: Range): string {
  const parts: string[] = [];
  if (min !== undefined) parts.push(exclusive ? `above ${min}` : `of at least ${min}`);
  if (max !== undefined) parts.push(`at most ${max}`);
  return `${parts.length > 0 ? ` ${parts.join(" and ")}` : ""}${because === undefined ? "" : ` (${because})`}`;
}
