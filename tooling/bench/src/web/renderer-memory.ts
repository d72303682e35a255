import { readdirSync, readFileSync } from "node:fs";

/**
 * The most memory that any page's process of this machine's Chromium has had resident, in bytes; undefined where there is no
 * /proc to ask. Other windows of the same program count as well: measure without them.
 */
export function peakRendererBytes(): number | undefined {
  if (process.platform !== "linux") return undefined;
  const peaks = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(peakOfRenderer);
  return Math.max(...peaks);
}

function peakOfRenderer(pid: string): number {
  try {
    if (!readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("--type=renderer")) return 0;
    const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return Number(peak?.[1] ?? 0) * 1024;
  } catch {
    // It has ended meanwhile.
    return 0;
  }
}
