import { describeValue, firstDifference } from "./difference.js";

/** One check that did not hold. */
export interface Failure {
  check: string;
  expected: string;
  got: string;
}

/** What one group found, as `--json` writes it. */
export interface GroupSummary {
  group: string;
  passed: number;
  failed: number;
  skipped: number;
  /** How many were skipped for each reason. */
  skip_reasons: Record<string, number>;
  /** The largest of all numeric differences; null in groups that compare no numbers. */
  max_difference: number | null;
  notes: string[];
  failures: Failure[];
}

/** Collects the checks of one group. */
export class GroupReport {
  readonly group: string;
  readonly failures: Failure[] = [];
  readonly notes: string[] = [];
  passed = 0;
  max_difference: number | null = null;
  readonly #skips = new Map<string, number>();

  constructor(group: string) {
    this.group = group;
  }

  pass(): void {
    this.passed++;
  }

  fail(check: string, expected: string, got: string): void {
    this.failures.push({ check, expected, got });
  }

  /** Counts what could not be checked; the line of the group says why. */
  skip(reason: string, count = 1): void {
    if (count > 0) this.#skips.set(reason, (this.#skips.get(reason) ?? 0) + count);
  }

  note(text: string): void {
    this.notes.push(text);
  }

  /** Both are the same JSON value, the order of keys aside. */
  same(check: string, got: unknown, expected: unknown): void {
    const difference = firstDifference(got, expected);
    if (difference === undefined) this.pass();
    else this.fail(`${check} ${difference.path}`.trim(), difference.expected, difference.got);
  }

  /** All numbers are within `tolerance`; NaN is not. */
  close(check: string, got: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
    if (got.length !== expected.length) {
      this.fail(check, `${expected.length} numbers`, `${got.length} numbers`);
      return;
    }
    let largest = 0;
    let at = 0;
    for (let index = 0; index < expected.length; index++) {
      const difference = Math.abs(got[index]! - expected[index]!);
      if (difference <= largest) continue;
      largest = difference;
      at = index;
      if (Number.isNaN(difference)) break;
    }
    this.max_difference = Math.max(this.max_difference ?? 0, largest);
    if (largest <= tolerance) this.pass();
    else this.fail(`${check} [${at}]`, `${expected[at]} within ${tolerance}`, `${got[at]} (difference ${largest})`);
  }

  /** Runs checks; an error that they throw is a failure of `check`. */
  async attempt(check: string, body: () => void | Promise<void>): Promise<void> {
    try {
      await body();
    } catch (error) {
      this.fail(check, "no error", describeValue(error));
    }
  }

  summary(): GroupSummary {
    const { group, passed, failures, max_difference, notes } = this;
    const skipped = [...this.#skips.values()].reduce((sum, count) => sum + count, 0);
    const skip_reasons = Object.fromEntries(this.#skips);
    return { group, passed, failed: failures.length, skipped, skip_reasons, max_difference, notes, failures };
  }
}

/** `GROUP: N passed, M failed, K skipped (K REASON), max |difference| D; notes` */
export function summaryLine({ group, notes, max_difference, ...counts }: GroupSummary): string {
  const reasons = Object.entries(counts.skip_reasons).map(([reason, count]) => `${count} ${reason}`);
  const why = reasons.length > 0 ? ` (${reasons.join(", ")})` : "";
  const numeric = max_difference === null ? "" : `, max |difference| ${max_difference.toExponential(1)}`;
  const more = notes.map((note) => `; ${note}`).join("");
  return `${group}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped${why}${numeric}${more}`;
}

/** The failures of a group as lines, the first few of them. */
export function failureLines({ failures }: GroupSummary, limit = 5): string[] {
  const lines = failures
    .slice(0, limit)
    .map(({ check, expected, got }) => `  FAILED ${check}\n    expected ${expected}\n    got      ${got}`);
  return failures.length > limit ? [...lines, `  … and ${failures.length - limit} more (all with --json)`] : lines;
}
