import { createRequire } from "node:module";
import { cpus, loadavg, totalmem } from "node:os";

/** What every figure depends on. The load average says what else the machine was doing. */
export function environment(): Record<string, string | number> {
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: cpus()[0]?.model ?? "unknown",
    cores: cpus().length,
    "memory (GB)": Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
    onnxruntime: onnxruntimeVersion(),
    "load average": loadAverage(),
  };
}

/** Of the last 1, 5 and 15 minutes. Above 0 before a run, something else is running. */
export function loadAverage(): string {
  return loadavg()
    .map((load) => load.toFixed(2))
    .join(" ");
}

/** Asked of the library's own copy, by the way that leads to it. */
function onnxruntimeVersion(): string {
  const runtime = createRequire(import.meta.url).resolve("@internvl/runtime-node");
  const { version } = createRequire(runtime)("onnxruntime-node/package.json") as { version: string };
  return version;
}
