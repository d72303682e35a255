// Writes the table of generation options and the tests that show them into packages/generation/README.md, from the tests'
// own names: a test shows an option when its name has the option's name in it. `--check` fails when the table is not what
// it would write, or when no test shows an option. `--report FILE` takes the names from vitest's report of a whole run.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { root } from "./prepare.mjs";

const README = join(root, "packages/generation/README.md");
const START = "<!-- options: `node tooling/scripts/options-table.mjs` writes what is between these lines -->";
const END = "<!-- /options -->";
const SUITES = ["packages/generation/test", "packages/model/test"];
/** What `generate` takes beside the options of Transformers' `GenerationConfig`. */
const ARGUMENTS = [
  ...["generation_config", "logits_processor", "stopping_criteria", "streamer", "signal", "past_key_values"],
  "warning_callback",
];
/** What is refused or warned of does not show what an option does. */
const BESIDE_THE_POINT = /\/options\.test\.ts$| is refused|^\{.*\}: \[/;
const MOST_GROUPS = 3;

const { values: asked } = parseArgs({ options: { check: { type: "boolean" }, report: { type: "string" } } });
const { GENERATION_OPTION_NAMES } = await import(pathToFileURL(join(root, "packages/generation/dist/index.js")).href);
const tests = asked.report === undefined ? listTests() : reportedTests(asked.report);
const rows = [...GENERATION_OPTION_NAMES, ...ARGUMENTS].map((option) => [option, groupsOf(option)]);
const unshown = rows.filter(([, groups]) => groups.length === 0).map(([option]) => option);
if (unshown.length > 0) fail(`No test shows ${unshown.join(", ")}: its name has to say the option's name.`);

const table = ["", "| option | shown by (tests) |", "| --- | --- |", ...rows.map(rowOf), ""].join("\n");
const readme = readFileSync(README, "utf8");
const start = readme.indexOf(START);
const end = readme.indexOf(END);
if (start === -1 || end < start) fail(`${relative(root, README)} has no place for the table of options.`);
const written = readme.slice(0, start + START.length) + formatted(table) + readme.slice(end);
if (!asked.check) writeFileSync(README, written);
else if (written !== readme) {
  fail("The table of options is not what the tests say. Run: node tooling/scripts/options-table.mjs");
}

/** Every test of the suites, without running one. */
function listTests() {
  const folder = mkdtempSync(join(tmpdir(), "internvl-options-"));
  try {
    const list = join(folder, "tests.json");
    const vitest = join(root, "node_modules/vitest/vitest.mjs");
    const { status, stderr, stdout } = spawnSync(
      process.execPath,
      [vitest, "list", "--project", "node", ...SUITES, `--json=${list}`],
      {
        cwd: root,
        encoding: "utf8",
      },
    );
    if (status !== 0) fail(`The tests could not be listed:\n${stdout}${stderr}`);
    return JSON.parse(readFileSync(list, "utf8"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The suites' tests in a report of all; what ran in a browser too is in it twice. */
function reportedTests(report) {
  const { testResults } = JSON.parse(readFileSync(report, "utf8"));
  const suites = SUITES.map((suite) => `${suite}/`);
  const files = new Map();
  for (const { name: file, assertionResults } of testResults) {
    const path = relative(root, file).split("\\").join("/");
    if (suites.some((suite) => path.startsWith(suite))) files.set(file, assertionResults);
  }
  return [...files].flatMap(([file, results]) =>
    results.map(({ ancestorTitles, title }) => ({ file, name: [...ancestorTitles, title].join(" > ") })),
  );
}

/** Suites with tests of the option, and how many: the largest first. */
function groupsOf(option) {
  const word = new RegExp(`(?<!\\w)${option}(?!\\w)`);
  const counts = new Map();
  for (const { file, name } of tests) {
    if (!word.test(name) || BESIDE_THE_POINT.test(file) || BESIDE_THE_POINT.test(name)) continue;
    const [suite] = name.split(" > ");
    const path = relative(join(README, ".."), file).split("\\").join("/");
    const label = `[${basename(file)}](${path}): ${suite.replaceAll("|", "\\|")}`;
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  return [...counts].sort(([a, many], [b, more]) => more - many || a.localeCompare(b)).slice(0, MOST_GROUPS);
}

function rowOf([option, groups]) {
  const shown = groups.map(([label, count]) => (count === 1 ? label : `${label} (${count})`));
  return `| \`${option}\` | ${shown.join("; ")} |`;
}

/** Columns of one width, as the formatter of the other tables leaves them. */
function formatted(markdown) {
  const cells = markdown.split("\n").map((line) => (line.startsWith("|") ? line.slice(2, -2).split(" | ") : undefined));
  const widths = [0, 1].map((column) => Math.max(...cells.map((row) => row?.[column].length ?? 0)));
  const line = (row) =>
    `| ${row.map((cell, column) => (cell === "---" ? "-".repeat(widths[column]) : cell.padEnd(widths[column]))).join(" | ")} |`;
  return `\n${cells.map((row) => (row === undefined ? "" : line(row))).join("\n")}\n`;
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
