import type { BenchOptions } from "../options.js";
import type { Report } from "../report.js";
import type { Workspace } from "../workspace.js";

/** Measures one thing and says what it found. */
export type Benchmark = (options: BenchOptions, workspace: Workspace) => Promise<Report>;

/** Runs of what takes less than a second. */
export const SHORT_RUNS = 5;
/** Runs of what takes longer. */
export const LONG_RUNS = 3;

export const MEGABYTE: number = 1e6;

/** The model as tables name it: `1b`, or `1b cut to 6 layers`. */
export function shapeText({ shape, layers }: BenchOptions): string {
  return layers === undefined ? shape : `${shape} cut to ${layers} layers`;
}

/** What is measured again and again must be computed again and again. */
export const NOTHING_KEPT = { feature_cache: false, prefix_cache: false } as const;

/** Of a setting: what random weights cannot say. */
export const REAL_LOSS = { "loss of q4": "npm run accuracy says it, on a trained model" } as const;
