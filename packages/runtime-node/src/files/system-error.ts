/** Whether `error` is a system error with one of these codes (`"ENOENT"`, …). */
export function isErrno(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && codes.includes((error as NodeJS.ErrnoException).code ?? "");
}

/** Whether `error` says that there is no file of that name. */
export function isMissing(error: unknown): boolean {
  return isErrno(error, "ENOENT", "ENOTDIR");
}
