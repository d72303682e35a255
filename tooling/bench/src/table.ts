import { median } from "./measure.js";
import type { Report, Row } from "./report.js";

const COLUMNS = ["", "median", "min", "max", "runs", "unit", "ratio"] as const;

/** A report as text: its name, its setting, and one line a row. */
export function formatReport({ benchmark, setting, rows }: Report): string {
  const facts = Object.entries(setting).map(([name, value]) => `${name} ${value}`);
  return [`## ${benchmark}`, facts.join("; "), "", formatTable(rows)].join("\n");
}

/** Columns are as wide as their widest cell; names to the left, numbers to the right. */
export function formatTable(rows: readonly Row[]): string {
  const table = [COLUMNS, ...rows.map(cells)];
  const widths = COLUMNS.map((_, column) => Math.max(...table.map((line) => line[column]!.length)));
  return table
    .map((line) =>
      line
        .map((cell, column) => (isNumeric(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function cells({ what, unit, values, ratio }: Row): string[] {
  const statistics = [median(values), Math.min(...values), Math.max(...values)].map(formatNumber);
  return [
    what,
    ...statistics,
    String(values.length),
    unit,
    ratio === undefined ? "" : `${ratio.value.toFixed(2)} x ${ratio.to}`,
  ];
}

function isNumeric(column: number): boolean {
  return column >= 1 && column <= 4;
}

/** Three digits that mean something; a figure near 1 keeps what distinguishes it from 1 (a cosine). */
export function formatNumber(value: number): string {
  const size = Math.abs(value);
  if (size >= 100 || size === 0) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  return size > 0.99 && size < 1 ? value.toFixed(5) : value.toPrecision(3);
}
