import { median } from "./measure.js";

/** One line of a table: what was measured, once a run. */
export interface Row {
  what: string;
  unit: string;
  values: readonly number[];
  /** The median over that of another line. */
  ratio?: { value: number; to: string };
}

/** What a benchmark found. */
export interface Report {
  benchmark: string;
  /** What has to be known to read the figures: shapes, dtypes, sizes. */
  setting: Readonly<Record<string, string | number>>;
  rows: readonly Row[];
  /** What was to be compared with and could not: how its rows begin, and the reason. */
  absent?: Readonly<Record<string, string>>;
}

export function row(what: string, unit: string, values: readonly number[], against?: Row): Row {
  return {
    what,
    unit,
    values,
    ...(against && { ratio: { value: median(values) / median(against.values), to: against.what } }),
  };
}

/** A report as JSON holds it: with the statistics that the table shows, and every value. */
export function toJson({ rows, ...report }: Report): object {
  return {
    ...report,
    rows: rows.map((each) => ({
      ...each,
      median: median(each.values),
      min: Math.min(...each.values),
      max: Math.max(...each.values),
      runs: each.values.length,
    })),
  };
}
