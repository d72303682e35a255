import { median } from "./measure.js";
import type { Report, Row } from "./report.js";

const COLUMNS = ["", "median", "min", "max", "runs", "unit", "ratio"] as const;
const NUMERIC = [1, 2, 3, 4] as const;

/** A report as text: its name, its setting, one line a row, and one for each that could not be measured. */
export function formatReport({ benchmark, setting, rows, absent = {} }: Report): string {
  const facts = Object.entries(setting).map(([name, value]) => `${name} ${value}`);
  const notes = Object.entries(absent).map(([name, reason]) => `${name}: not measured: ${reason}`);
  return [`## ${benchmark}`, facts.join("; "), "", formatRows(rows), ...notes].join("\n");
}

export function formatRows(rows: readonly Row[]): string {
  return formatTable([COLUMNS, ...rows.map(cells)], NUMERIC);
}

/** Columns are as wide as their widest cell; those of `numeric` are set to the right. */
export function formatTable(lines: readonly (readonly string[])[], numeric: readonly number[]): string {
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  const aligned = (cell: string, column: number) =>
    numeric.includes(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!);
  return lines.map((line) => line.map(aligned).join("  ").trimEnd()).join("\n");
}

function cells({ what, unit, values, ratio }: Row): string[] {
  const statistics = [median(values), Math.min(...values), Math.max(...values)].map(formatNumber);
  return [
    what,
    ...statistics,
    String(values.length),
    unit,
    ratio === undefined ? "" : `${formatNumber(ratio.value)} x ${ratio.to}`,
  ];
}

/** Three digits that mean something; a figure near 1 keeps what distinguishes it from 1 (a cosine). */
export function formatNumber(value: number): string {
  const size = Math.abs(value);
  if (size >= 100 || size === 0) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  return size > 0.99 && size < 1 ? value.toFixed(5) : value.toPrecision(3);
}

/** The median of a row with its unit. */
export function formatFigure({ values, unit }: Row): string {
  return `${formatNumber(median(values))} ${unit}`.trim();
}
