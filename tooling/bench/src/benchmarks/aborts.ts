import { runInChild } from "../child/run.js";
import { type Row, row } from "../report.js";
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
  return {
    benchmark: "aborts",
    setting: { model: "packages/demo-model", dtype, aborts: count, "stopped while": result.stages },
    rows: [...memoryRows("resident", result.residentBytes), ...memoryRows("JavaScript's own", result.usedBytes)],
  };
};

function memoryRows(what: string, bytes: readonly number[]): Row[] {
  const after = (count: number, against?: Row) =>
    row(`${what} after ${count}`, "MB", [bytes[count - 1]! / MEGABYTE], against);
  const warm = after(Math.min(WARM_UP, bytes.length));
  return [after(1), warm, after(Math.ceil(bytes.length / 2), warm), after(bytes.length, warm)];
}
