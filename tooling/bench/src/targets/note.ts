import { median } from "../measure.js";
import type { Report, Row } from "../report.js";
import { formatFigure, formatNumber } from "../table.js";
import { findRow } from "./rows.js";

const PLACE = /\{([^{}]+)\}/g;
const OVER = " / ";

/**
 * Puts figures of the same run into a text. `{limits: a step: q4 products alone}` is the median of that row of that benchmark
 * with its unit; `{limits: one row / decode: another row}` is the ratio of two. When one was not measured, the text
 * would say nothing: the reason stands instead.
 */
export function fillIn(text: string, reports: readonly Report[]): string {
  const found = rowsIn(text).map(({ benchmark, what }) => findRow(reports, benchmark, what));
  const lacking = found.find((each) => each.lacking !== undefined)?.lacking;
  if (lacking !== undefined) return `its limit was not measured: ${lacking}`;
  const rows = found.map(({ row }) => row!);
  return text.replace(PLACE, (_, place: string) => {
    const [over, under] = rows.splice(0, place.split(OVER).length) as [Row, Row?];
    return under === undefined ? formatFigure(over) : formatNumber(median(over.values) / median(under.values));
  });
}

/** The rows that a text names, in its order. */
export function rowsIn(text: string): { benchmark: string; what: string }[] {
  return [...text.matchAll(PLACE)]
    .flatMap(([, place]) => place!.split(OVER))
    .map((name) => {
      const [benchmark, ...what] = name.split(": ");
      return { benchmark: benchmark!, what: what.join(": ") };
    });
}
