import type { ProgressCallback } from "@internvl/core";

/** Often enough for an eye, too seldom to cost anything. */
const SHORTEST_PAUSE = 100;

/** Counts bytes and tells a progress callback of them, at most ten times a second and at the end. */
export function byteMeter(
  callback: ProgressCallback | undefined,
  about: { stage: string; name: string; total: number },
): (bytes: number) => void {
  let loaded = 0;
  let reported = Number.NEGATIVE_INFINITY;
  return (bytes) => {
    loaded += bytes;
    const now = performance.now();
    if (now - reported < SHORTEST_PAUSE && loaded !== about.total) return;
    reported = now;
    callback?.({ ...about, loaded, unit: "bytes" });
  };
}
