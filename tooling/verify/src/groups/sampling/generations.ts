import { compute_transition_scores } from "@internvl/generation";
import type { GenerateResult } from "@internvl/model";
import type { GroupReport } from "../../report.js";
import type { GroupContext } from "../group.js";
import { closeScores } from "./compare.js";
import { callOptions, type GenerationCase, readCases, type Tables } from "./data.js";
import { openPrompt, TOLERANCE } from "./prompts.js";

type Case = GenerationCase & { tables: Tables };

/** Calls of `generate`: tokens, why rows end, beams, and the scores and logits of every step. */
export async function checkGenerations(context: GroupContext): Promise<void> {
  const { golden, report } = context;
  for (const row of await readCases<GenerationCase>(golden, "models")) {
    const check = `${row.checkpoint} ${row.name}`;
    await report.attempt(check, async () => {
      const prompt = await openPrompt(context, row);
      if (prompt === undefined) return;
      const { model, inputs } = prompt;
      const options = callOptions(row.options);
      const asked = { ...inputs, ...options, generation_config: {} };
      const result = await model.generate({
        ...asked,
        ...{ output_scores: true, output_logits: true, return_dict_in_generate: true },
      });
      result.past_key_values?.dispose();
      checkTokens(report, check, row, result);
      checkTables(report, check, row, result, model.config.text_config.vocab_size);
      if (options.return_dict_in_generate === false) {
        report.same(`${check} without return_dict`, await model.generate(asked), row.expected.sequences);
      }
    });
  }
}

function checkTokens(report: GroupReport, check: string, { expected }: Case, result: GenerateResult): void {
  report.same(`${check} sequences`, result.sequences, expected.sequences);
  report.same(`${check} finish_reasons`, result.finish_reasons, expected.finish_reasons);
  report.same(`${check} generated_tokens`, result.generated_tokens, expected.generated_tokens);
  report.same(`${check} steps`, result.scores!.length, expected.steps);
  report.same(`${check} beam_indices`, result.beam_indices, expected.beam_indices);
}

const TRANSITIONS = [
  ["transition_scores", false],
  ["normalized_transition_scores", true],
] as const;

/** Rows that have ended are left as they are here, while Transformers processes them as well: they are not compared. */
function checkTables(
  report: GroupReport,
  check: string,
  { tables, expected }: Case,
  result: GenerateResult,
  vocab_size: number,
): void {
  const scores = result.scores!;
  const { generated_tokens, beam_indices, steps } = expected;
  // A row of a beam search never ends: it goes on with another beam.
  const runs = (step: number, row: number) => beam_indices !== undefined || step < generated_tokens[row]!;
  for (const field of ["scores", "logits"] as const) {
    const stored = tables[field];
    if (stored === undefined) continue;
    const size = stored.length / steps;
    const split = Array.from({ length: steps }, (_, step) => stored.subarray(step * size, (step + 1) * size));
    const [own, theirs] = [result[field]!, split].map((tables) => runningRows(tables, vocab_size, runs));
    closeScores(report, `${check} ${field}`, own!, theirs!, TOLERANCE);
  }
  for (const [field, normalize_logits] of TRANSITIONS) {
    const { sequences, beam_indices } = result;
    const own = compute_transition_scores({ sequences, scores, beam_indices, normalize_logits, vocab_size });
    const width = tables[field]!.length / expected.sequences.length;
    const theirs = own.map((_, row) => tables[field]!.subarray(row * width, (row + 1) * width));
    const running = (rows: Float32Array[]) =>
      Float32Array.from(rows.flatMap((row, index) => [...row].filter((_, step) => runs(step, index))));
    closeScores(report, `${check} ${field}`, running(own), running(theirs), TOLERANCE);
  }
  const { sequences_scores } = tables;
  if (sequences_scores === undefined) return;
  report.close(`${check} sequences_scores`, result.sequences_scores ?? [], sequences_scores, TOLERANCE);
}

/** The tables `[rows, vocab_size]` of all steps, without the rows that had ended. */
function runningRows(
  steps: readonly Float32Array[],
  vocab_size: number,
  runs: (step: number, row: number) => boolean,
): Float32Array {
  return Float32Array.from(
    steps.flatMap((table, step) => [...table].filter((_, index) => runs(step, Math.floor(index / vocab_size)))),
  );
}
