import type { GroupReport } from "../../report.js";

/** What rules a token out. */
const OUT = Number.NEGATIVE_INFINITY;

/**
 * Scores of tokens: the same ones are ruled out, and the others are within `tolerance`, of scores beyond 1 relative to
 * them.
 */
export function closeScores(
  report: GroupReport,
  check: string,
  got: Float32Array,
  expected: Float32Array,
  tolerance: number,
): void {
  const at = expected.findIndex((score, index) => (score === OUT) !== (got[index] === OUT));
  if (at !== -1) report.fail(`${check} [${at}]`, String(expected[at]), String(got[at]));
  else report.close(check, relativeTo(expected, got), relativeTo(expected, expected), tolerance);
}

function relativeTo(expected: Float32Array, scores: Float32Array): Float64Array {
  return Float64Array.from(scores, (score, index) =>
    score === OUT ? 0 : score / Math.max(1, Math.abs(expected[index] ?? 1)),
  );
}
