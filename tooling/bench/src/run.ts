import { writeFile } from "node:fs/promises";
import { benchmarks, DEFAULT_NAMES } from "./benchmarks/index.js";
import { environment, loadAverage } from "./environment.js";
import { factsAsText } from "./markdown.js";
import type { BenchOptions } from "./options.js";
import { packageFile } from "./package-file.js";
import { writeFigures } from "./readme.js";
import { type Report, toJson } from "./report.js";
import { rowsAsTables } from "./scaling/tables.js";
import { formatReport } from "./table.js";
import { evaluateTargets, type Outcome } from "./targets/evaluate.js";
import { figuresAsMarkdown, formatOutcomes, outcomeToJson } from "./targets/show.js";
import { TARGETS } from "./targets/targets.js";
import { Workspace } from "./workspace.js";

type Machine = ReturnType<typeof environment>;

/** Runs benchmarks (all that targets need, when none is named) and holds them against the targets. */
export async function runBenchmarks(names: readonly string[], options: BenchOptions): Promise<void> {
  const chosen = [...(names.length === 0 ? DEFAULT_NAMES : names), ...(options.profile ? ["profile"] : [])];
  const machine = environment();
  for (const [fact, value] of Object.entries(machine)) console.log(`${fact}: ${value}`);
  const workspace = new Workspace(options, (line) => console.error(line));
  const reports: Report[] = [];
  for (const name of chosen) {
    const before = { "load average before": loadAverage() };
    const start = performance.now();
    const report = await benchmarks[name]!(options, workspace);
    const took = { "took (s)": Math.round((performance.now() - start) / 1000) };
    reports.push({ ...report, setting: { ...report.setting, ...before, ...took } });
    console.log(`\n${formatReport(reports.at(-1)!)}`);
    // After each, so that what was measured is kept when a later one fails.
    if (options.json !== undefined) await writeJson(options.json, machine, reports);
  }
  const outcomes = outcomesOf(reports);
  if (outcomes.length > 0) console.log(`\n${formatOutcomes(outcomes)}`);
  if (options.readme) await writeDocs(machine, reports, outcomes);
}

/** Scaling's figures into the page for users, those of the target table beside the benchmarks. */
async function writeDocs(machine: Machine, reports: readonly Report[], outcomes: readonly Outcome[]): Promise<void> {
  const others = reports.filter(({ benchmark }) => benchmark !== "scaling");
  if (others.length > 0) {
    await writeFigures(packageFile("README.md"), "figures", figuresAsMarkdown(machine, others, outcomes));
  }
  const scaling = reports.find(({ benchmark }) => benchmark === "scaling");
  if (scaling !== undefined) {
    const text = [factsAsText({ ...machine, ...scaling.setting }), rowsAsTables(scaling.rows)].join("\n\n");
    await writeFigures(packageFile("../../docs/performance.md"), "scaling", text);
  }
}

/** Of all targets when all benchmarks were run, else of those that were. */
function outcomesOf(reports: readonly Report[]): Outcome[] {
  const measured = reports.map(({ benchmark }) => benchmark);
  const isWhole = DEFAULT_NAMES.every((name) => measured.includes(name));
  return evaluateTargets(isWhole ? TARGETS : TARGETS.filter(({ benchmark }) => measured.includes(benchmark)), reports);
}

async function writeJson(path: string, machine: object, reports: readonly Report[]): Promise<void> {
  const targets = outcomesOf(reports).map(outcomeToJson);
  await writeFile(path, `${JSON.stringify({ machine, reports: reports.map(toJson), targets }, null, 2)}\n`);
}
