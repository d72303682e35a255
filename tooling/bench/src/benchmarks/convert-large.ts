import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Checkpoint } from "@internvl/convert";
import { type Dtype, openModel } from "internvl";
import { type ChildResult, runInChild } from "../child/run.js";
import type { tasks } from "../child/tasks.js";
import type { BenchOptions } from "../options.js";
import { type Row, row } from "../report.js";
import { type Benchmark, MEGABYTE, shapeText } from "./benchmark.js";

/** InternVL2_5-4B with both networks cut to 21 layers: 5.0 GB of bfloat16, over as many files as people often meet. */
const LARGE = { shape: "4b", layers: 21, shards: 4 } satisfies Partial<BenchOptions>;

/** What a conversion may have beside the largest tensor, and how long its progress may stand still. */
const MEMORY_GOAL = 500;
const STANDSTILL_GOAL = 2;

const DTYPES: readonly Dtype[] = ["q4"];

type Run = ChildResult<Awaited<ReturnType<typeof tasks.convertFolder>>>;

/** `internvl-convert` on a checkpoint larger than its memory should be: peak, and the longest standstill of progress. */
export const convertLarge: Benchmark = async (given, workspace) => {
  const options = given.shards === undefined ? { ...given, ...LARGE } : given;
  const input = await workspace.with(options).checkpoint();
  const target = await workspace.folder("scratch");
  const { bytes, largest } = await sizes(input);

  const rows: Row[] = [];
  for (const dtype of given.dtype === undefined ? DTYPES : [given.dtype]) {
    const runs: Run[] = [];
    for (let run = 0; run < (given.runs ?? 1); run++) {
      const output = join(target, `large-${dtype}`);
      runs.push(await runInChild("convertFolder", { input, output, dtype }));
      await rm(output, { recursive: true });
    }
    rows.push(...rowsOf(dtype, runs, bytes, largest));
  }
  return {
    benchmark: "convert-large",
    setting: {
      checkpoint: `${shapeText(options)}, bfloat16, ${Math.round(bytes / MEGABYTE)} MB in ${options.shards} files`,
      "largest tensor": `${Math.round(largest / MEGABYTE)} MB`,
      "memory goal": `${Math.round(MEMORY_GOAL + largest / MEGABYTE)} MB`,
      "standstill goal": `${STANDSTILL_GOAL} s`,
    },
    rows,
  };
};

function rowsOf(dtype: Dtype, runs: readonly Run[], bytes: number, largest: number): Row[] {
  const longest = runs.map(({ result }) => result.standstill).reduce((a, b) => (b.ms > a.ms ? b : a));
  const each = (what: string, unit: string, value: (run: Run) => number) =>
    row(`${dtype}: ${what}`, unit, runs.map(value));
  return [
    each("time", "s", ({ result }) => result.ms / 1000),
    each("of the source", "MB/s", ({ result }) => bytes / MEGABYTE / (result.ms / 1000)),
    each("written", "MB", ({ result }) => result.bytesWritten / MEGABYTE),
    each("peak memory", "MB", ({ peakBytes }) => peakBytes / MEGABYTE),
    each("peak memory beside the largest tensor", "MB", ({ peakBytes }) => (peakBytes - largest) / MEGABYTE),
    each(`longest standstill (after ${longest.after})`, "s", ({ result }) => result.standstill.ms / 1000),
  ];
}

async function sizes(input: string): Promise<{ bytes: number; largest: number }> {
  const checkpoint = await Checkpoint.open(await openModel(input));
  const lengths = checkpoint.names().map((name) => checkpoint.get(name).byteLength);
  return { bytes: checkpoint.totals().bytes, largest: Math.max(...lengths) };
}
