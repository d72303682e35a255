import { readFile, writeFile } from "node:fs/promises";

/** What a file holds between two comments, and the command that writes it. */
export type Figures = "figures" | "scaling";

const COMMANDS: Readonly<Record<Figures, string>> = {
  figures: "npm run bench -- --readme",
  scaling: "npm run bench -- scaling --readme",
};

/** Puts text between the markers of a Markdown file, in place of what was there. @throws Error when it has no markers */
export async function writeFigures(path: string, figures: Figures, text: string): Promise<void> {
  await writeFile(path, replaceFigures(await readFile(path, "utf8"), figures, text));
}

/** @throws Error when the markers are not there */
export function replaceFigures(markdown: string, figures: Figures, text: string): string {
  const first = `<!-- ${figures}: written by ${COMMANDS[figures]} -->`;
  const last = `<!-- end of ${figures} -->`;
  const [start, end] = [markdown.indexOf(first), markdown.indexOf(last)];
  if (start < 0 || end < start) throw new Error(`The file must have the lines "${first}" and "${last}".`);
  return `${markdown.slice(0, start + first.length)}\n\n${text}\n\n${markdown.slice(end)}`;
}
