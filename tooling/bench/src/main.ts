import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { benchmarks } from "./benchmarks/index.js";
import { makeCheckpoint } from "./checkpoint/make.js";
import { cutShape, SHAPES } from "./checkpoint/shape.js";
import { environment, loadAverage } from "./environment.js";
import { type BenchOptions, parseCommandLine } from "./options.js";
import { type Report, toJson } from "./report.js";
import { formatReport } from "./table.js";
import { Workspace } from "./workspace.js";

const NAMES = Object.keys(benchmarks);
/** Without what takes long or makes many gigabytes of weights, and what is asked for by --profile. */
const ALL = NAMES.filter((name) => !["convert-large", "profile", "scaling", "soak", "soak-shape"].includes(name));
const USAGE = `npm run bench -- NAME… [options]        NAME: ${NAMES.join(", ")}, or all
npm run bench -- make-checkpoint DIR [--shape 1b|4b|8b|tiny] [--layers N] [--shards N]

  --runs N           how often; 5 for what takes under a second, 3 for the rest
  --threads N        threads within one operator of onnxruntime
  --dtype NAME       instead of each benchmark's own
  --shape NAME       1b, 4b, 8b or tiny, of the random checkpoint; --layers N cuts both networks
  --shards N         files that the weights are spread over
  --contexts A,B     lengths of decode's prompts, in tokens
  --python PATH      a Python with Pillow and numpy, to compare preprocess with
  --work-dir DIR     where checkpoints are kept; up to 6 GB for 1b, 9 GB for convert-large
  --profile          also where the time of a tile, a prompt and a step goes, by operator
  --svg FILE         scaling's plot
  --json FILE        the figures, every single one`;

async function main(): Promise<void> {
  const { names, help, options } = parseCommandLine(process.argv.slice(2));
  if (help || names.length === 0) return console.log(USAGE);
  if (names[0] === "make-checkpoint") {
    if (names[1] === undefined) throw new Error("make-checkpoint needs a directory.");
    return makeCheckpoint(resolve(names[1]), cutShape(SHAPES[options.shape], options.layers), options);
  }
  const chosen = [...(names.includes("all") ? ALL : names), ...(options.profile ? ["profile"] : [])];
  const unknown = chosen.find((name) => !NAMES.includes(name));
  if (unknown !== undefined) throw new Error(`There is no benchmark "${unknown}".\n\n${USAGE}`);
  await runBenchmarks(chosen, options);
}

async function runBenchmarks(names: readonly string[], options: BenchOptions): Promise<void> {
  const machine = environment();
  for (const [fact, value] of Object.entries(machine)) console.log(`${fact}: ${value}`);
  const workspace = new Workspace(options, (line) => console.error(line));
  const reports: Report[] = [];
  for (const name of names) {
    const before = loadAverage();
    const report = await benchmarks[name]!(options, workspace);
    const setting = { ...report.setting, "load average before": before };
    reports.push({ ...report, setting });
    console.log(`\n${formatReport(reports.at(-1)!)}`);
    // After each, so that what was measured is kept when a later one fails.
    if (options.json !== undefined) {
      await writeFile(options.json, `${JSON.stringify({ machine, reports: reports.map(toJson) }, null, 2)}\n`);
    }
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
