import { runInChild } from "../child/run.js";
import { row } from "../report.js";
import { type Benchmark, MEGABYTE } from "./benchmark.js";

const ABORTS = 200;
/** Caches of compiled code and arenas fill until then. */
const WARM_UP = 20;

/** Generations about a picture that are stopped at random moments: memory, and whether the next answer is right. */
export const aborts: Benchmark = async (options, workspace) => {
  const dtype = options.dtype ?? "q4";
  const model = await workspace.demo(dtype);
  const count = options.runs ?? ABORTS;
  const { result } = await runInChild("aborts", { model, dtype, threads: options.threads, count, seed: 1 });
  if (!result.sameAnswer) throw new Error("After the aborts the model answered otherwise than before.");
  const megabytes = result.residentBytes.map((bytes) => bytes / MEGABYTE);
  const warm = row(`resident after ${WARM_UP}`, "MB", [megabytes[Math.min(WARM_UP, count) - 1]!]);
  return {
    benchmark: "aborts",
    setting: { model: "packages/demo-model", dtype, aborts: count, "stopped while": result.stages },
    rows: [
      row("resident after 1", "MB", [megabytes[0]!]),
      warm,
      ...[0.5, 1].map((part) => {
        const after = Math.round(count * part);
        return row(`resident after ${after}`, "MB", [megabytes[after - 1]!], warm);
      }),
    ],
  };
};
