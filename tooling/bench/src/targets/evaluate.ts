import { median } from "../measure.js";
import type { Report, Row } from "../report.js";
import { fillIn } from "./note.js";
import { findRow } from "./rows.js";
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
  const { benchmark } = target;
  const { row: ours, lacking } = findRow(reports, benchmark, target.ours);
  const peer = target.against === undefined ? undefined : findRow(reports, benchmark, target.against);
  const against = peer?.row;
  const reason = lacking ?? peer?.lacking;
  if (ours === undefined || reason !== undefined) {
    return { target, ...(ours && { ours }), ...(against && { against }), status: "not measured", note: reason! };
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
    ...(!met && target.whenMissed !== undefined && { note: fillIn(target.whenMissed, reports) }),
  };
}
