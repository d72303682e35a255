// Everything that can be said about the code without running it.
import { build, install, runLocal } from "./prepare.mjs";

const steps = [
  ["types", () => runLocal("typescript", ["-p", "."])],
  ["lint and format", () => runLocal("@biomejs/biome", ["check", "--error-on-warnings", "."])],
  ["unused code", () => runLocal("knip", ["--no-progress"])],
  ["dependency arrows", () => runLocal("dependency-cruiser", ["--config", ".dependency-cruiser.cjs", "packages", "apps", "tooling"])],
  ["package shape", () => runLocal("turbo", ["run", "check:pack", "--output-logs=errors-only"], { quiet: true })],
];

install();
build();
for (const [name, check] of steps) {
  console.log(`check: ${name}`);
  check();
}
