import { runInChild } from "../child/run.js";
import { kindOf, REMEMBERED, type SoakArguments } from "../child/soak.js";
import { type Row, row } from "../report.js";
import { type Benchmark, MEGABYTE, shapeText } from "./benchmark.js";

/** Requests until arenas, compiled code and what is remembered are as large as they get: this part of all. */
const WARM_UP = 0.2;
const WINDOWS = 4;
/** Every so many requests one is asked again in a fresh process. Prime to the number of kinds, so that all come. */
const REPEATED = 7;

/** 500 requests of all kinds to the demo model. */
export const soak: Benchmark = async (options, workspace) => {
  const dtype = options.dtype ?? "fp32";
  const model = await workspace.demo(dtype);
  const { threads } = options;
  return measure({ model, dtype, threads, newTokens: 24, side: 300 }, options.runs ?? 500, "packages/demo-model");
};

/** 50 requests to the random checkpoint of the shape, with short answers. */
export const soakShape: Benchmark = async (options, workspace) => {
  const dtype = options.dtype ?? "fp32";
  const model = await workspace.converted([dtype]);
  const { threads } = options;
  return measure(
    { model, dtype, threads, newTokens: 4, side: 448 },
    options.runs ?? 50,
    `${shapeText(options)}, random`,
  );
};

async function measure(args: Omit<SoakArguments, "requests" | "plain">, count: number, model: string) {
  const requests = Array.from({ length: count }, (_, request) => request);
  const { result } = await runInChild("soak", { ...args, requests, plain: false });
  const repeated = requests.filter((request) => request % REPEATED === 0);
  const fresh = await runInChild("soak", { ...args, requests: repeated, plain: true });
  const different = repeated.filter((request, index) => result.answers[request] !== fresh.result.answers[index]);
  if (different.length > 0) {
    const [first] = different as [number];
    throw new Error(
      `${different.length} of ${repeated.length} answers are not those of a fresh process. The first is request ${first} (${kindOf(first)}):\n${result.answers[first]}\n${fresh.result.answers[repeated.indexOf(first)]}`,
    );
  }
  return {
    benchmark: "soak",
    setting: {
      model,
      dtype: String(args.dtype),
      requests: count,
      kinds: [...new Set(requests.map(kindOf))].join(", "),
      "remembered MB": Object.values(REMEMBERED)
        .map(({ max_bytes }) => max_bytes / MEGABYTE)
        .join(" + "),
      threads: args.threads,
    },
    rows: [
      ...memoryRows("resident", result.residentBytes),
      ...memoryRows("JavaScript's own", result.usedBytes),
      row("resident after dispose()", "MB", [result.disposedBytes / MEGABYTE]),
      row("answers of a fresh process", `of ${repeated.length}`, [repeated.length - different.length]),
    ],
  };
}

function memoryRows(what: string, bytes: readonly number[]): Row[] {
  const megabytes = bytes.map((value) => value / MEGABYTE);
  const start = Math.floor(WARM_UP * megabytes.length);
  const length = (megabytes.length - start) / WINDOWS;
  const rows: Row[] = [];
  for (let window = 0; window < WINDOWS; window++) {
    const [from, to] = [start + Math.round(window * length), start + Math.round((window + 1) * length)];
    rows.push(row(`${what}, requests ${from + 1} to ${to}`, "MB", megabytes.slice(from, to), rows[0]));
  }
  return [...rows, row(`${what}, growth after warm-up`, "MB / 100", [100 * slopeOf(megabytes.slice(start))])];
}

/** Of the line that fits best (least squares), a step. */
export function slopeOf(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let [over, under] = [0, 0];
  for (const [at, value] of values.entries()) {
    over += (at - middle) * (value - mean);
    under += (at - middle) ** 2;
  }
  return over / under;
}
