import { readFile, writeFile } from "node:fs/promises";

const START = "<!-- figures: written by npm run bench -- --readme -->";
const END = "<!-- end of figures -->";

/** Puts text between the markers of a Markdown file, in place of what was there. @throws Error when it has no markers */
export async function writeFigures(path: string, text: string): Promise<void> {
  await writeFile(path, replaceFigures(await readFile(path, "utf8"), text));
}

/** @throws Error when the markers are not there */
export function replaceFigures(markdown: string, text: string): string {
  const [start, end] = [markdown.indexOf(START), markdown.indexOf(END)];
  if (start < 0 || end < start) throw new Error(`The file must have the lines "${START}" and "${END}".`);
  return `${markdown.slice(0, start + START.length)}\n\n${text}\n\n${markdown.slice(end)}`;
}
