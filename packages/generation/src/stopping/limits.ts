import type { StoppingCriteria } from "./criteria.js";

/** Ends a row at one of these tokens. Transformers' `EosTokenCriteria`. */
export function eosToken(ids: readonly number[]): StoppingCriteria {
  return (input_ids) => ids.includes(input_ids.at(-1)!);
}

/** Ends a row that has this length, padding and prompt included. Transformers' `MaxLengthCriteria`. */
export function maxLength(length: number): StoppingCriteria {
  return (input_ids) => input_ids.length >= length;
}

/** Ends a row when this many seconds have gone by since the call. Transformers' `MaxTimeCriteria`. */
export function maxTime(seconds: number): StoppingCriteria {
  const deadline = performance.now() + seconds * 1000;
  return () => performance.now() > deadline;
}
