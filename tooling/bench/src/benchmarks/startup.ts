import { spawnSync } from "node:child_process";
import { inTurn } from "../measure.js";
import { packageFile } from "../package-file.js";
import { row } from "../report.js";
import type { Benchmark } from "./benchmark.js";

/** Processes are short, and their times spread. */
const RUNS = 10;

/** A new Node that imports the library, against one with nothing to do. */
export const startup: Benchmark = async (options) => {
  const runs = options.runs ?? RUNS;
  const [empty, imported] = await inTurn([() => runScript(""), () => runScript('import "internvl";')], runs);
  const emptyRow = row("empty script", "ms", empty!["ms"]!);
  return {
    benchmark: "startup",
    setting: { process: "new, its end included" },
    rows: [
      emptyRow,
      row('import "internvl"', "ms", imported!["ms"]!, emptyRow),
      row(
        "import, beyond an empty script",
        "ms",
        imported!["ms"]!.map((ms, run) => ms - empty!["ms"]![run]!),
      ),
    ],
  };
};

async function runScript(script: string): Promise<{ ms: number }> {
  const start = performance.now();
  // Packages are found from this package's folder.
  const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", script], {
    cwd: packageFile(""),
  });
  if (status !== 0) throw new Error(`The script failed: ${stderr}`);
  return { ms: performance.now() - start };
}
