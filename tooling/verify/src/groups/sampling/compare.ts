import type { GroupReport } from "../../report.js";

/** What rules a token out. */
const OUT = Number.NEGATIVE_INFINITY;

/** How far scores may be off; `relative` to what was expected, where that is beyond 1. */
export interface Tolerance {
  within: number;
  relative?: boolean;
}

/** Scores of tokens: the same ones are ruled out, and the others are close. */
export function closeScores(
  report: GroupReport,
  check: string,
  got: Float32Array,
  expected: Float32Array,
  { within, relative = false }: Tolerance,
): void {
  const at = expected.findIndex((score, index) => (score === OUT) !== (got[index] === OUT));
  if (at !== -1) {
    report.fail(`${check} [${at}]`, String(expected[at]), String(got[at]));
    return;
  }
  const scale = (index: number) => (relative ? Math.max(1, Math.abs(expected[index] ?? 1)) : 1);
  const scaled = (scores: Float32Array) =>
    Float64Array.from(scores, (score, index) => (score === OUT ? 0 : score / scale(index)));
  report.close(check, scaled(got), scaled(expected), within);
}
