import type { Report, Row } from "../report.js";

/** A row of one run, or why there is none. */
export type Found = { row: Row; lacking?: undefined } | { row?: undefined; lacking: string };

export function findRow(reports: readonly Report[], benchmark: string, what: string): Found {
  const report = reports.find((each) => each.benchmark === benchmark);
  if (report === undefined) return { lacking: `${benchmark} was not run` };
  const row = report.rows.find((each) => each.what === what);
  return row === undefined ? { lacking: reasonFor(what, report) } : { row };
}

function reasonFor(row: string, { absent = {} }: Report): string {
  const [, reason] = Object.entries(absent).find(([name]) => row.startsWith(name)) ?? [];
  return reason ?? `no row "${row}" with these options`;
}
