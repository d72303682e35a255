import { InternVLError } from "@internvl/core";

type Maybe<T> = T | null | undefined;

/** @throws InternVLError `INPUT_INVALID` for anything but a finite number that `accepts` takes */
export function number(
  name: string,
  value: Maybe<number>,
  expected: string,
  accepts: (value: number) => boolean,
): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number" && Number.isFinite(value) && accepts(value)) return value;
  throw impossible(name, expected, value);
}

export function integer(name: string, value: Maybe<number>, least: number): number | undefined {
  return number(name, value, `an integer of at least ${least}`, (x) => Number.isSafeInteger(x) && x >= least);
}

export function boolean(name: string, value: Maybe<boolean>): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value === "boolean") return value;
  throw impossible(name, "true or false", value);
}

/** One value or several, as a list. */
export function list<T extends number | string>(value: Maybe<T | readonly T[]>): readonly T[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value as T];
}

/** One id or several. */
export function tokenIds(name: string, value: Maybe<number | readonly number[]>): readonly number[] {
  return list(value).map((id) => tokenId(name, id));
}

/** Sequences of at least one id each. */
export function tokenSequences(
  name: string,
  value: Maybe<readonly (readonly number[])[]>,
): readonly (readonly number[])[] {
  if (value === undefined || value === null) return [];
  const expected = "a list of lists of token ids, none of them empty";
  if (!Array.isArray(value)) throw impossible(name, expected, value);
  return value.map((ids: unknown) => {
    if (!Array.isArray(ids) || ids.length === 0) throw impossible(name, expected, value);
    return ids.map((id) => tokenId(name, id));
  });
}

export function impossible(name: string, expected: string, value: unknown): InternVLError {
  return new InternVLError("INPUT_INVALID", {
    what: `The generation option ${name} has an impossible value`,
    expected,
    got: typeof value === "number" ? String(value) : (JSON.stringify(value) ?? typeof value),
  });
}

function tokenId(name: string, value: number): number {
  const id = integer(name, value, 0);
  if (id === undefined) throw impossible(name, "integers of at least 0", value);
  return id;
}
