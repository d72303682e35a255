/**
 * Changes the scores of one row in place, before its next token is chosen.
 *
 * @param input_ids the row so far: padding, prompt, new tokens
 * @param scores one float32 per token of the vocabulary; `-Infinity` rules a token out
 * @param row the row's index in the batch
 */
export type LogitsProcessor = (input_ids: readonly number[], scores: Float32Array, row: number) => void;
