import { readFileSync } from "node:fs";

/**
 * The most memory this process has had resident, in bytes.
 *
 * On Linux from /proc: `process.resourceUsage().maxRSS` counts the process that this one was forked from, up to the
 * moment at which its program was replaced, so a child of a large parent looks as large.
 */
export function peakResidentBytes(): number {
  if (process.platform === "linux") {
    const peak = peakOfProcess("self");
    if (peak !== undefined) return peak;
  }
  return process.resourceUsage().maxRSS * 1024;
}

/** The same of a process by its number, from Linux's /proc; undefined where that does not say it. */
export function peakOfProcess(pid: string): number | undefined {
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return peak === null ? undefined : Number(peak[1]) * 1024;
}
