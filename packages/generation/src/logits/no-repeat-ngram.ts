import type { LogitsProcessor } from "./processor.js";

/**
 * Rules out every token that would repeat a run of `size` tokens of the row, padding and prompt included.
 * Transformers' `NoRepeatNGramLogitsProcessor`.
 */
export function noRepeatNgram(size: number): LogitsProcessor {
  return (input_ids, scores) => {
    const length = input_ids.length;
    const suffix = length + 1 - size;
    for (let start = 0; start + size <= length; start++) {
      let matched = 0;
      while (matched < size - 1 && input_ids[start + matched] === input_ids[suffix + matched]) matched++;
      const next = input_ids[start + size - 1]!;
      if (matched === size - 1 && next < scores.length) scores[next] = Number.NEGATIVE_INFINITY;
    }
  };
}
