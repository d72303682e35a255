import { InternVLError } from "internvl";
import { STOPPED } from "../state/problem.js";

/**
 * Only name and message of an error cross between threads, so the name carries the library's code. Messages of the
 * library are written for people and stay as they are.
 */
export function plainError(error: unknown): Error {
  const message = error instanceof Error ? error.message : String(error);
  const plain = new Error(message);
  if (error instanceof Error && error.name === STOPPED) plain.name = STOPPED;
  else plain.name = InternVLError.isInstance(error) ? error.code : "UNEXPECTED";
  return plain;
}
