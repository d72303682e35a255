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
  ["table of options", () => run(process.execPath, [`${root}tooling/scripts/options-table.mjs`, "--check"])],
];

install();
build();
for (const [name, check] of steps) {
  console.log(`check: ${name}`);
  check();
}
