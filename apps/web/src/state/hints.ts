/** What of the browser decides how fast it is. */
interface Surroundings {
  crossOriginIsolated: boolean;
  gpu: boolean;
}

/** What is missing, in words, and what follows from it. */
export function hintsOf({ crossOriginIsolated, gpu }: Surroundings): string[] {
  return [
    ...(crossOriginIsolated
      ? []
      : ["This page is not cross-origin isolated, so the model runs on one core. Answers are the same, and slower."]),
    ...(gpu ? [] : ["This browser has no WebGPU here, so the model runs on the processor (wasm)."]),
  ];
}

export function pageHints(): string[] {
  return hintsOf({ crossOriginIsolated: globalThis.crossOriginIsolated, gpu: "gpu" in navigator });
}
