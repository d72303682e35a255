/** How many findings of one kind an error names; the rest is counted. A screenful says what is wrong with the file. */
const MAX_LISTED = 8;

/** `a, b, c and 5 more`. */
export function listing(items: readonly string[], separator = ", "): string {
  const shown = items.slice(0, MAX_LISTED).join(separator);
  const rest = items.length - MAX_LISTED;
  return rest > 0 ? `${shown}${separator.trimEnd()} and ${rest} more` : shown;
}

/** `1 tensor`, `3 tensors`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
