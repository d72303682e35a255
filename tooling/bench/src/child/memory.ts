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
  return statusBytes(pid, "VmHWM");
}

/** What is resident in a process now. */
export function residentOfProcess(pid: string): number | undefined {
  return statusBytes(pid, "VmRSS");
}

function statusBytes(pid: string, name: string): number | undefined {
  const kilobytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

/** What is resident in this process, in bytes, and what of it JavaScript knows of. */
export interface ResidentParts {
  /** Pages of files: programs, libraries, weights that are mapped. */
  files: number;
  /** Everything else, the next two included. */
  anonymous: number;
  /** Reserved for JavaScript's objects. */
  heap: number;
  /** Memory of typed arrays and buffers, also where it was never written to and so is not resident. */
  arrays: number;
}

/** undefined where there is no /proc that says it. */
export function residentParts(): ResidentParts | undefined {
  if (process.platform !== "linux") return undefined;
  const status = readFileSync("/proc/self/status", "utf8");
  const bytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) * 1024;
  const [files, anonymous] = [bytes("RssFile"), bytes("RssAnon")];
  const { heapTotal: heap, external: arrays } = process.memoryUsage();
  return Number.isNaN(files + anonymous) ? undefined : { files, anonymous, heap, arrays };
}

/** What of `parts` neither JavaScript nor files account for. */
export function unaccounted({ anonymous, heap, arrays }: ResidentParts): number {
  return anonymous - heap - arrays;
}
