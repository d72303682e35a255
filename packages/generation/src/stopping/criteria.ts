/** Why a row ended. `"criteria"`: one of the caller's own stopping criteria. */
export type FinishReason = "eos" | "stop_string" | "criteria" | "length" | "time";

/**
 * Whether a row ends here; asked after each of its new tokens.
 *
 * @param input_ids the row so far: padding, prompt, new tokens
 * @param scores the processed scores that its last token was chosen from; only valid during the call
 * @param row the row's index in the batch
 */
export type StoppingCriteria = (input_ids: readonly number[], scores: Float32Array, row: number) => boolean;
