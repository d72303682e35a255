import { spawnSync } from "node:child_process";
import { copyFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { Checkpoint } from "@internvl/convert";
import { type Dtype, openModel } from "internvl";
import { runInChild } from "../child/run.js";
import { type Figures, inTurn, timed } from "../measure.js";
import { type Row, row } from "../report.js";
import { type Benchmark, LONG_RUNS, MEGABYTE, shapeText } from "./benchmark.js";

/** The default, and the one that writes as many bytes as it reads. */
const DTYPES: readonly Dtype[] = ["q4", "fp16"];

/** Checkpoint to ONNX folder: time, speed and memory, against a copy of the same file. */
export const convert: Benchmark = async (options, workspace) => {
  const source = await workspace.checkpoint();
  const weights = join(source, "model.safetensors");
  const { size } = await stat(weights);
  const largest = await largestTensor(source);
  const target = await workspace.folder("scratch");
  const dtypes = options.dtype === undefined ? DTYPES : [options.dtype];

  const copy = async (): Promise<Figures> => {
    const isCold = settle(weights);
    const { ms } = await timed(() => copyFile(weights, join(target, "copy")));
    await rm(join(target, "copy"));
    return { ms, isCold: Number(isCold) };
  };
  const conversions = dtypes.map((dtype) => async (): Promise<Figures> => {
    settle(weights);
    const folder = join(target, dtype);
    const { result, peakBytes } = await runInChild("convert", { source, target: folder, dtype });
    await rm(folder, { recursive: true });
    return { ms: result.ms, peak: peakBytes, written: result.bytesWritten };
  });
  const [copied, ...converted] = await inTurn([copy, ...conversions], options.runs ?? LONG_RUNS, 0);

  const perSecond = (times: readonly number[]) => times.map((ms) => size / MEGABYTE / (ms / 1000));
  const copyRow = row("copy of the file", "MB/s", perSecond(copied!["ms"]!));
  const rows = converted.flatMap((samples, index): Row[] => {
    const dtype = dtypes[index]!;
    return [
      row(
        `${dtype}: time`,
        "s",
        samples["ms"]!.map((ms) => ms / 1000),
      ),
      row(`${dtype}: of the source`, "MB/s", perSecond(samples["ms"]!), copyRow),
      row(`${dtype}: written`, "MB", [samples["written"]![0]! / MEGABYTE]),
      row(
        `${dtype}: peak memory`,
        "MB",
        samples["peak"]!.map((bytes) => bytes / MEGABYTE),
      ),
      row(
        `${dtype}: peak memory beside the largest tensor`,
        "MB",
        samples["peak"]!.map((bytes) => (bytes - largest) / MEGABYTE),
      ),
    ];
  });
  return {
    benchmark: "convert",
    setting: {
      checkpoint: `${shapeText(options)}, bfloat16, ${Math.round(size / MEGABYTE)} MB`,
      "file cache": copied!["isCold"]!.every(Boolean) ? "cold" : "warm",
    },
    rows: [copyRow, ...rows],
  };
};

/** Bytes of the largest tensor of a checkpoint. */
async function largestTensor(folder: string): Promise<number> {
  const checkpoint = await Checkpoint.open(await openModel(folder));
  return Math.max(...checkpoint.names().map((name) => checkpoint.get(name).byteLength));
}

/**
 * Lets pending writes end and takes the file out of the system's cache, as far as the system has ways to do so.
 *
 * @returns whether the file has to be read from the disk again
 */
function settle(path: string): boolean {
  spawnSync("sync");
  return spawnSync("dd", [`if=${path}`, "iflag=nocache", "count=0"]).status === 0;
}
