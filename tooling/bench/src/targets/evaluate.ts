import { median } from "../measure.js";
import type { Report, Row } from "../report.js";
import type { Target } from "./targets.js";

/** A target beside what a run found. */
export interface Outcome {
  target: Target;
  ours?: Row;
  against?: Row;
  /** The ratio, or the figure where there is nothing to compare with. */
  value?: number;
  status: "met" | "missed" | "not measured";
  /** Why it was not measured, or is missed. */
  note?: string;
}

/** Holds the rows of one run against targets. Nothing that other runs found is used. */
export function evaluateTargets(targets: readonly Target[], reports: readonly Report[]): Outcome[] {
  return targets.map((target) => evaluate(target, reports));
}

function evaluate(target: Target, reports: readonly Report[]): Outcome {
  const report = reports.find(({ benchmark }) => benchmark === target.benchmark);
  if (report === undefined) return { target, status: "not measured", note: `${target.benchmark} was not run` };
  const find = (what: string) => report.rows.find((row) => row.what === what);
  const ours = find(target.ours);
  const against = target.against === undefined ? undefined : find(target.against);
  if (ours === undefined || (target.against !== undefined && against === undefined)) {
    const lacking = ours === undefined ? target.ours : target.against!;
    const rows = { ...(ours && { ours }), ...(against && { against }) };
    return { target, ...rows, status: "not measured", note: reasonFor(lacking, report) };
  }
  const value = median(ours.values) / (against === undefined ? 1 : median(against.values));
  const met =
    value <= (target.atMost ?? Number.POSITIVE_INFINITY) && value >= (target.atLeast ?? Number.NEGATIVE_INFINITY);
  return {
    target,
    ours,
    ...(against && { against }),
    value,
    status: met ? "met" : "missed",
    ...(!met && target.whenMissed !== undefined && { note: target.whenMissed }),
  };
}

function reasonFor(row: string, { absent = {} }: Report): string {
  const [, reason] = Object.entries(absent).find(([name]) => row.startsWith(name)) ?? [];
  return reason ?? `no row "${row}" with these options`;
}
