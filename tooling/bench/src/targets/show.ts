import { factsAsText, markdownTable } from "../markdown.js";
import type { Report } from "../report.js";
import { formatFigure, formatNumber, formatTable } from "../table.js";
import type { Outcome } from "./evaluate.js";

const COLUMNS = ["target", "ours", "against", "ratio", "goal", "status", "note"] as const;

/** The target table as text. */
export function formatOutcomes(outcomes: readonly Outcome[]): string {
  return ["## targets", "", formatTable([COLUMNS, ...outcomes.map(cells)], [1, 3, 4])].join("\n");
}

/** The target table as Markdown, with what every figure depends on. */
export function figuresAsMarkdown(
  machine: Readonly<Record<string, string | number>>,
  reports: readonly Report[],
  outcomes: readonly Outcome[],
): string {
  const settings = reports.map(({ benchmark, setting }) => {
    const parts = Object.entries(setting).map(([name, value]) => `${name} ${value}`);
    return `- \`${benchmark}\`: ${parts.join("; ")}`;
  });
  return [factsAsText(machine), "", markdownTable([COLUMNS, ...outcomes.map(cells)]), "", ...settings].join("\n");
}

/** As JSON holds it: the cells of the table, and the value that was held against the limit. */
export function outcomeToJson(outcome: Outcome): object {
  const [what, ours, against, , goal, status, note] = cells(outcome);
  return { what, ours, against, value: outcome.value ?? null, goal, status, note };
}

function cells({ target, ours, against, value, status, note }: Outcome): string[] {
  const sign = target.atMost === undefined ? "≥" : "≤";
  const limit = target.atMost ?? target.atLeast!;
  const goal = target.against === undefined ? `${limit} ${ours?.unit ?? ""}`.trim() : `${limit} x`;
  const ratio = value !== undefined && against !== undefined ? formatNumber(value) : "";
  const other = against === undefined ? (target.against ?? "") : `${against.what}: ${formatFigure(against)}`;
  return [
    target.what,
    ours === undefined ? "" : formatFigure(ours),
    other,
    ratio,
    `${sign} ${goal}`,
    status,
    note ?? "",
  ];
}
