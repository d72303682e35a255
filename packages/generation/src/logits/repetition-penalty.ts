import type { LogitsProcessor } from "./processor.js";

/**
 * Makes tokens that the row already has less likely: scores below 0 are multiplied by `penalty`, others divided. Prompt
 * tokens count, padding on the left does not. Transformers' `RepetitionPenaltyLogitsProcessor` (5.x).
 *
 * @param attention_mask of the prompts; without it, every token of a row counts
 */
export function repetitionPenalty(penalty: number, attention_mask?: readonly (readonly number[])[]): LogitsProcessor {
  const factor = Math.fround(penalty);
  const starts = attention_mask?.map((mask) =>
    Math.max(
      0,
      mask.findIndex((seen) => seen !== 0),
    ),
  );
  // A token is penalised once however often it occurs: `visits[id]` is the last call that did so.
  let visits = new Uint32Array(0);
  let visit = 0;
  return (input_ids, scores, row) => {
    if (visits.length !== scores.length) visits = new Uint32Array(scores.length);
    visit++;
    for (let position = starts?.[row] ?? 0; position < input_ids.length; position++) {
      const id = input_ids[position]!;
      // A prompt may hold ids that the output layer lacks.
      if (id >= scores.length || visits[id] === visit) continue;
      visits[id] = visit;
      scores[id] = scores[id]! < 0 ? scores[id]! * factor : scores[id]! / factor;
    }
  };
}
