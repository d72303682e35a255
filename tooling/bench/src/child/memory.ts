import { readFileSync } from "node:fs";

/**
 * The most memory this process has had resident, in bytes.
 *
 * On Linux from /proc: `process.resourceUsage().maxRSS` counts the process that this one was forked from, up to the
 * moment at which its program was replaced, so a child of a large parent looks as large.
 */
export function peakResidentBytes(): number {
  if (process.platform === "linux") {
    const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"));
    if (peak !== null) return Number(peak[1]) * 1024;
  }
  return process.resourceUsage().maxRSS * 1024;
}
