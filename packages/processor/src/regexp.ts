/** Finds any of these texts, the longest where several begin at one place, as a group: `split` keeps what was found. */
export function anyOf(texts: readonly string[]): RegExp {
  const longest_first = [...texts].sort((a, b) => b.length - a.length);
  return new RegExp(`(${longest_first.map(escapeRegExp).join("|")})`);
}

export function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
