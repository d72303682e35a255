// `npm test`: checks, then every suite. Ends with lines that say how many tests ran, and whether those of the browser did.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findChromium } from "./chromium.mjs";
import { root } from "./prepare.mjs";

const chromium = findChromium();
const NO_BROWSER =
  "No Chromium was found: the tests in test-browser/ DID NOT RUN. Install chromium, or set CHROMIUM_PATH to one.";
// CI sets it: there, what does not run has failed.
const required = process.env.INTERNVL_REQUIRE_BROWSER === "1";
if (chromium === undefined && required) throw new Error(NO_BROWSER);

// Not above: imports run first, and nobody should wait for checks to hear of that.
await import("./check.mjs");

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
  console.log(chromium === undefined ? `\n*** ${NO_BROWSER} ***` : `The browser suites ran in ${chromium}`);
  if (numPassedTests === 0) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}
if (status !== 0) process.exitCode = status ?? 1;
