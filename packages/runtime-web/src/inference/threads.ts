import { InternVLError } from "@internvl/core";

/** More than this gains little in wasm, and every thread has a stack and a worker of its own. */
const MOST_THREADS = 8;

/**
 * The number of threads that onnxruntime's wasm gets: what is asked for, else one a core up to eight. Threads need shared
 * memory, which browsers give only to pages that are cross-origin isolated; elsewhere it is one.
 *
 * @throws InternVLError `INPUT_INVALID` for no number of threads, `UNSUPPORTED` for several where they cannot be had
 */
export function countThreads(asked: number | undefined): number {
  const isolated = globalThis.crossOriginIsolated === true;
  if (asked === undefined) return isolated ? Math.min(navigator.hardwareConcurrency || 1, MOST_THREADS) : 1;
  if (!Number.isInteger(asked) || asked < 1) {
    throw new InternVLError("INPUT_INVALID", {
      what: "The option threads is no number of threads",
      expected: "a whole number of at least 1",
      got: String(asked),
    });
  }
  if (asked > 1 && !isolated) {
    throw new InternVLError("UNSUPPORTED", {
      what: `${asked} threads were asked for, and this page is not cross-origin isolated`,
      fix:
        "Serve the page with the headers Cross-Origin-Opener-Policy: same-origin and " +
        "Cross-Origin-Embedder-Policy: require-corp, or leave the option threads out.",
    });
  }
  return asked;
}
