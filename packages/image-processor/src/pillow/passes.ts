import type { Coefficients } from "./coefficients.js";
import { compileKernel } from "./kernel-passes.js";
import { scalarPasses } from "./scalar-passes.js";

/** The two passes of a resize, a band of rows at a time. */
export interface Passes {
  /**
   * The horizontal pass over the rows `from` to before `to` of an RGB image that is `sourceWidth` pixels wide. Row
   * `firstRow` of the source becomes row 0 of `target`.
   */
  horizontalRows(
    source: Uint8Array,
    sourceWidth: number,
    target: Uint8ClampedArray,
    firstRow: number,
    from: number,
    to: number,
    coefficients: Coefficients,
  ): void;
  /**
   * The vertical pass for the output rows `from` to before `to`. `stride` is the length of a row in bytes, the same in
   * `source` and `target`; row 0 of `source` is row `firstRow` of the input.
   */
  verticalRows(
    source: Uint8Array,
    firstRow: number,
    stride: number,
    target: Uint8ClampedArray,
    from: number,
    to: number,
    coefficients: Coefficients,
  ): void;
}

let passes: Passes | undefined;

/** The fastest passes that run here: the same bytes from each. */
export function fastestPasses(): Passes {
  passes ??= compileKernel() ?? scalarPasses;
  return passes;
}
