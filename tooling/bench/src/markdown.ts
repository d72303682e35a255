/** Lines of cells, of which the first are the headings, as a table in Markdown. */
export function markdownTable([headings, ...lines]: readonly (readonly string[])[]): string {
  const line = (texts: readonly string[]) => `| ${texts.map((text) => text.replaceAll("|", "\\|")).join(" | ")} |`;
  return [headings!, headings!.map(() => "---"), ...lines].map(line).join("\n");
}

/** Facts in one line. */
export function factsAsText(facts: Readonly<Record<string, string | number>>): string {
  return Object.entries(facts)
    .map(([name, value]) => `${name}: ${value}`)
    .join("; ");
}
