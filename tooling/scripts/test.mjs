// `npm test`: checks, then every suite. Ends with lines that say how many tests ran, and whether those of the browser did.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkCode, checkOptionsTable } from "./checks.mjs";
import { findChromium } from "./chromium.mjs";
import { root } from "./prepare.mjs";

const chromium = findChromium();
const NO_BROWSER =
  "No Chromium was found: the tests in test-browser/ DID NOT RUN. Install chromium, or set CHROMIUM_PATH to one.";
// CI sets it: there, what does not run has failed.
const required = process.env.INTERNVL_REQUIRE_BROWSER === "1";
if (chromium === undefined && required) throw new Error(NO_BROWSER);

checkCode();
const filters = process.argv.slice(2);
// What is left out is in no report.
if (filters.length > 0) checkOptionsTable();

const folder = mkdtempSync(join(tmpdir(), "internvl-test-"));
process.on("exit", () => rmSync(folder, { recursive: true }));
const report = join(folder, "report.json");
const vitest = `${root}node_modules/vitest/vitest.mjs`;
const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
const { status } = spawnSync(process.execPath, [vitest, "run", ...reporters, ...filters], {
  cwd: root,
  stdio: "inherit",
});
const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(readFileSync(report, "utf8"));
console.log(`${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests + numTodoTests} skipped`);
console.log(chromium === undefined ? `\n*** ${NO_BROWSER} ***` : `The browser suites ran in ${chromium}`);
if (numPassedTests === 0) process.exitCode = 1;
if (status !== 0) process.exitCode = status ?? 1;
else if (filters.length === 0) checkOptionsTable(["--report", report]);
