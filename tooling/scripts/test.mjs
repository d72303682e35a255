// `npm test`: checks, then every suite. Ends with a line that says how many tests ran.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./prepare.mjs";
import "./check.mjs";

const folder = mkdtempSync(join(tmpdir(), "internvl-test-"));
const report = join(folder, "report.json");
const vitest = `${root}node_modules/vitest/vitest.mjs`;
const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
const { status } = spawnSync(process.execPath, [vitest, "run", ...reporters, ...process.argv.slice(2)], {
  cwd: root,
  stdio: "inherit",
});
try {
  const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(readFileSync(report, "utf8"));
  console.log(`${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests + numTodoTests} skipped`);
  if (numPassedTests === 0) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}
if (status !== 0) process.exitCode = status ?? 1;
