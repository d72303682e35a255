import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { verifyInBrowser } from "./browser/verify.js";
import { FIXTURES } from "./paths.js";
import { runProgram } from "./program.js";
import { failureLines, type GroupSummary, summaryLine } from "./report.js";
import { verify } from "./verify.js";

const USAGE = `Usage: npm run verify -- [DIR] [--browser] [--group NAME]… [--json FILE]

Checks InternVL for TypeScript against the reference data in DIR (default: the fixtures of the repository).

  --browser      inside Chromium, and compares the demo model's answers there with Node's
  --group NAME   only this group; may be given several times
  --json FILE    writes everything that was found, all failures included`;

await runProgram(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      browser: { type: "boolean" },
      group: { type: "string", multiple: true },
      json: { type: "string" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  if (positionals.length > 1) throw new Error(`One directory at a time, got ${positionals.join(" ")}`);
  const directory = resolve(positionals[0] ?? FIXTURES);
  const run = values.browser ? verifyInBrowser : verify;
  const groups = await run(directory, { groups: values.group, onGroup: print });
  const totals = { passed: sum(groups, "passed"), failed: sum(groups, "failed"), skipped: sum(groups, "skipped") };
  if (values.json !== undefined) {
    writeFileSync(values.json, `${JSON.stringify({ directory, ...totals, groups }, null, 2)}\n`);
  }
  console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
  if (totals.passed + totals.failed > 0) return totals.failed > 0 ? 1 : 0;
  throw new Error(`${directory} holds nothing that could be checked: it is not laid out like the fixtures`);
});

function print(summary: GroupSummary): void {
  for (const line of [summaryLine(summary), ...failureLines(summary)]) console.log(line);
}

function sum(groups: readonly GroupSummary[], field: "passed" | "failed" | "skipped"): number {
  return groups.reduce((total, group) => total + group[field], 0);
}
