import type { Problem } from "./types.js";

/** The name of an error that somebody asked for. */
export const STOPPED = "AbortError";

/** An error as the page shows it. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Error) return { code: error.name, message: error.message };
  return { code: "UNEXPECTED", message: String(error) };
}
