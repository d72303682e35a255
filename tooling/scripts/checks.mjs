// Everything that can be said about the code without running it.
import { build, install, root, run, runLocal, turbo } from "./prepare.mjs";

const steps = [
  ["types", () => runLocal("typescript", ["-p", "."])],
  ["lint and format", () => runLocal("@biomejs/biome", ["check", "--error-on-warnings", "."])],
  ["unused code", () => runLocal("knip", ["--no-progress"])],
  [
    "dependency arrows",
    () => runLocal("dependency-cruiser", ["--config", ".dependency-cruiser.cjs", "packages", "apps", "tooling"]),
  ],
  ["package shape", () => turbo(["check:pack"])],
];

/** Installs and builds before, and ends the program at the first check that fails. */
export function checkCode() {
  install();
  build();
  for (const [name, step] of steps) {
    console.log(`check: ${name}`);
    step();
  }
}

/** @param {string[]} report `--report FILE` of vitest's report of all tests; without it the tests are listed, which takes a while */
export function checkOptionsTable(report = []) {
  console.log("check: table of options");
  run(process.execPath, [`${root}tooling/scripts/options-table.mjs`, "--check", ...report]);
}
