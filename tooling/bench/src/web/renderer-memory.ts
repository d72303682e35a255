import { readdirSync, readFileSync } from "node:fs";
import { peakOfProcess, residentOfProcess } from "../child/memory.js";

/**
 * The most memory that any page's process of the Chromiums that this program has started has had resident, in bytes; undefined
 * where there is no /proc to ask.
 */
export function peakRendererBytes(): number | undefined {
  return largestRenderer(peakOfProcess);
}

/** The same of what is resident now. */
export function residentRendererBytes(): number | undefined {
  return largestRenderer(residentOfProcess);
}

type Measure = typeof peakOfProcess;

function largestRenderer(measure: Measure): number | undefined {
  if (process.platform !== "linux") return undefined;
  const numbers = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return Math.max(...numbers.map((pid) => ofRenderer(pid, measure)));
}

function ofRenderer(pid: string, measure: Measure): number {
  try {
    if (!readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("--type=renderer") || !isOurs(pid)) return 0;
    return measure(pid) ?? 0;
  } catch {
    // It has ended meanwhile.
    return 0;
  }
}

/** Whether this program, or one that it started, has started the process. */
function isOurs(pid: string): boolean {
  const parent = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  if (parent === undefined || parent === "0") return false;
  return Number(parent) === process.pid || isOurs(parent);
}
