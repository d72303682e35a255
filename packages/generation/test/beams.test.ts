import { compute_transition_scores, generateTokens } from "@internvl/generation";
import { describe, expect, test } from "vitest";
import fixture from "./fixtures/generations.json";
import { MarkovModel } from "./helpers.js";

const runs = fixture.runs.flatMap(({ table, prompts, outputs }, seed) =>
  outputs.map((output) => ({ seed, table, prompts, ...output })),
);

describe("Transformers' answers", () => {
  // Not `test.each`, which shortens names: the options have to stand there for `tooling/scripts/options-table.mjs`.
  for (const { seed, table, prompts, options, ...expected } of runs) {
    test(`to table ${seed} with ${JSON.stringify(options)}`, async () => {
      const model = new MarkovModel(table, prompts);
      const result = await generateTokens({
        ...(options as object),
        input_ids: prompts,
        model,
        first_logits: model.first_logits,
        pad_token_id: fixture.pad_token_id,
        output_scores: true,
        // What the model has read of a row is what the row holds, however beams change places.
        logits_processor: [(ids, _scores, row) => expect(model.read_tokens[row]).toEqual([...ids])],
      });
      // Behind the end Transformers' beams have the end token where pad_token_id is 0: it takes 0 for none.
      const written = result.generated_tokens.map((count) => prompts[0]!.length + count);
      for (const [index, row] of result.sequences.entries()) {
        expect(row.slice(0, written[index])).toEqual(expected.sequences[index]!.slice(0, written[index]));
        expect(row.slice(written[index])).toEqual(row.slice(written[index]).map(() => fixture.pad_token_id));
        expect(row).toHaveLength(expected.sequences[index]!.length);
      }
      expect(result.scores).toHaveLength(expected.steps);
      expect(result.beam_indices).toEqual(expected.beam_indices);
      expectClose(result.sequences_scores, expected.sequences_scores);
      const transitions = compute_transition_scores({
        sequences: result.sequences,
        scores: result.scores!,
        beam_indices: result.beam_indices,
        normalize_logits: result.beam_indices === undefined,
        vocab_size: model.vocab_size,
      });
      for (const [row, scores] of transitions.entries()) {
        // After the end of a greedy row the scores are those of a model that nobody asks any more.
        const count = result.generated_tokens[row]!;
        expectClose([...scores.subarray(0, count)], expected.transition_scores[row]!.slice(0, count));
      }
    });
  }
});

function expectClose(actual: readonly number[] | undefined, expected: readonly number[] | undefined): void {
  expect(actual?.length).toBe(expected?.length);
  for (const [index, value] of (actual ?? []).entries()) expect(value).toBeCloseTo(expected![index]!, 5);
}
