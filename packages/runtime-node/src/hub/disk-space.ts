import { statfs } from "node:fs/promises";
import { InternVLError } from "@internvl/core";

/** Refuses a download that the disk has no room for. A file system that does not tell (some network ones) is believed. */
export async function assertSpace(folder: string, bytes: number): Promise<void> {
  const info = await statfs(folder).catch(() => undefined);
  if (info === undefined || info.blocks === 0) return;
  const free = info.bavail * info.bsize;
  if (bytes <= free) return;
  throw new InternVLError("FILE_WRITE_FAILED", {
    what: `The disk of ${folder} has no room for the download`,
    expected: `${formatBytes(bytes)} free`,
    got: formatBytes(free),
    fix: "Free space, or choose a cache on another disk (HF_HOME, or the option cache_dir).",
  });
}

/** Refuses a download above the limit of the store. */
export function assertWithinLimit(bytes: number, limit: number, name: string): void {
  if (bytes <= limit) return;
  throw new InternVLError("DOWNLOAD_TOO_LARGE", {
    what: `The files that are wanted of ${name} are too large`,
    expected: `at most ${formatBytes(limit)}`,
    got: formatBytes(bytes),
    fix: "Raise maxBytes (createNodeFiles) if this is what you want.",
  });
}

function formatBytes(bytes: number): string {
  return bytes < 1e6
    ? `${bytes} bytes`
    : bytes < 1e9
      ? `${(bytes / 1e6).toFixed(1)} MB`
      : `${(bytes / 1e9).toFixed(1)} GB`;
}
