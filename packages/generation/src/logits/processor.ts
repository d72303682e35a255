/**
 * Changes the scores of one row in place, before its next token is chosen.
 *
 * @param input_ids the row so far: padding, prompt, new tokens
 * @param scores one float32 per token of the vocabulary; `-Infinity` rules a token out
 * @param row the row's index in the batch
 */
export type LogitsProcessor = (input_ids: readonly number[], scores: Float32Array, row: number) => void;

/** One row in the hands of a processor. */
export interface ScoredRow {
  input_ids: readonly number[];
  scores: Float32Array;
  row: number;
}

/** A processor that has to see all rows of a step to change one. */
export interface BatchLogitsProcessor {
  processRows(rows: readonly ScoredRow[]): void;
}

/**
 * Runs each processor over all rows before the next, as Transformers' `LogitsProcessorList` does.
 *
 * @param rows those that have not ended; their scores are changed in place
 */
export function runProcessors(
  processors: readonly (LogitsProcessor | BatchLogitsProcessor)[],
  rows: readonly ScoredRow[],
): void {
  for (const processor of processors) {
    if (typeof processor === "function") {
      for (const { input_ids, scores, row } of rows) processor(input_ids, scores, row);
    } else processor.processRows(rows);
  }
}
