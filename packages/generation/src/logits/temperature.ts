import type { LogitsProcessor } from "./processor.js";

/** Divides the scores: below 1 sharpens the distribution, above 1 flattens it. Transformers' `TemperatureLogitsWarper`. */
export function temperature(value: number): LogitsProcessor {
  const divisor = Math.fround(value);
  return (_input_ids, scores) => {
    for (let id = 0; id < scores.length; id++) scores[id]! /= divisor;
  };
}
