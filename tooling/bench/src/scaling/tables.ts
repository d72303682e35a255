import { markdownTable } from "../markdown.js";
import { median } from "../measure.js";
import type { Row } from "../report.js";
import { formatNumber } from "../table.js";

/**
 * Rows that are called `LINE: COLUMN` as Markdown: a table for each run of lines with the same columns, in the order of the
 * rows, and the unit beside the name of a column.
 */
export function rowsAsTables(rows: readonly Row[]): string {
  const lines = new Map<string, Row[]>();
  for (const row of rows) {
    const [name] = split(row.what);
    lines.set(name, [...(lines.get(name) ?? []), row]);
  }
  const tables: { columns: string[]; lines: string[][] }[] = [];
  for (const [name, cells] of lines) {
    const columns = cells.map(({ what, unit }) => `${split(what)[1]}, ${unit}`);
    if (tables.at(-1)?.columns.join() !== columns.join()) tables.push({ columns, lines: [] });
    tables.at(-1)!.lines.push([name, ...cells.map(({ values }) => formatNumber(median(values)))]);
  }
  return tables.map(({ columns, lines }) => markdownTable([["", ...columns], ...lines])).join("\n\n");
}

function split(what: string): [line: string, column: string] {
  const at = what.indexOf(": ");
  return [what.slice(0, at), what.slice(at + 2)];
}
