import { type Row, row } from "../report.js";
import type { MeasuredRun } from "./profiling-runtime.js";

/** Operators below this share of the whole stand together in one line. */
const LEAST_SHARE = 0.01;

/**
 * Where the time of one kind of work goes: each operator, what passes in onnxruntime between operators, copies into and out
 * of it, and our own code.
 *
 * @param runs of this work
 * @param ms of all of it, by the clock
 * @param times how often the work was done
 */
export function attribute(what: string, runs: readonly MeasuredRun[], ms: number, times: number): Row[] {
  const operators = new Map<string, number>();
  for (const run of runs) {
    for (const [label, spent] of run.operators) operators.set(label, (operators.get(label) ?? 0) + spent);
  }
  const inside = sum(runs.map((run) => run.ms));
  const calls = sum(runs.map((run) => run.callMs));
  const whole = row(`${what}: whole`, "ms", [ms / times]);
  const line = (label: string, spent: number) => row(`${what}: ${label}`, "ms", [spent / times], whole);
  const sorted = [...operators].sort(([, a], [, b]) => b - a);
  const large = sorted.filter(([, spent]) => spent >= ms * LEAST_SHARE);
  const small = sorted.slice(large.length);
  return [
    whole,
    ...large.map(([label, spent]) => line(label, spent)),
    line(`${small.length} other operators`, sum(small.map(([, spent]) => spent))),
    line("between operators", inside - sum([...operators.values()])),
    line("copies into and out of onnxruntime", calls - inside),
    line("our own code", ms - calls),
  ];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
