import { readdirSync, readFileSync } from "node:fs";
import { peakOfProcess } from "../child/memory.js";

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
    return peakOfProcess(pid) ?? 0;
  } catch {
    // It has ended meanwhile.
    return 0;
  }
}
