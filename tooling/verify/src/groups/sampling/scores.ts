import { compute_transition_scores } from "@internvl/generation";
import type { GenerateResult } from "@internvl/model";
import type { GroupReport } from "../../report.js";
import { closeScores, type Tolerance } from "./compare.js";
import type { GenerationCase, Tables } from "./data.js";
import { TOLERANCE } from "./prompts.js";

const LOGITS: Tolerance = { within: TOLERANCE };

/** Temperatures, penalties and sums make scores, and how far they are off, larger than logits are. */
const SCORES: Tolerance = { within: TOLERANCE, relative: true };

/** Whether a row had not ended before a step. Of the others Transformers keeps processed scores, and ours the logits. */
type Runs = (step: number, row: number) => boolean;

/** The scores and logits of every step as far as they are stored, and those of the tokens and sequences. */
export function checkScores(
  report: GroupReport,
  check: string,
  { tables, expected }: GenerationCase & { tables: Tables },
  result: GenerateResult,
  vocab_size: number,
): void {
  // A row of a beam search never ends: it goes on with another beam.
  const isBeam = expected.beam_indices !== undefined;
  const runs: Runs = (step, row) => isBeam || step < expected.generated_tokens[row]!;
  for (const field of ["scores", "logits"] as const) {
    const stored = tables[field];
    if (stored === undefined) continue;
    const running = (steps: readonly Float32Array[]) =>
      steps.map((table, step) => table.filter((_, index) => runs(step, Math.floor(index / vocab_size))));
    const theirs = split(stored, expected.steps);
    closeScores(
      report,
      `${check} ${field}`,
      join(running(result[field]!)),
      join(running(theirs)),
      field === "scores" ? SCORES : LOGITS,
    );
  }
  checkTransitions(report, check, tables, result, vocab_size, runs);
  const { sequences_scores } = tables;
  if (sequences_scores === undefined) return;
  const own = Float32Array.from(result.sequences_scores ?? []);
  closeScores(report, `${check} sequences_scores`, own, sequences_scores, SCORES);
}

function checkTransitions(
  report: GroupReport,
  check: string,
  tables: Tables,
  { sequences, scores, beam_indices }: GenerateResult,
  vocab_size: number,
  runs: Runs,
): void {
  for (const [field, normalize_logits] of [
    ["transition_scores", false],
    ["normalized_transition_scores", true],
  ] as const) {
    const running = (rows: readonly Float32Array[]) =>
      rows.map((row, index) => row.filter((_, step) => runs(step, index)));
    const own = compute_transition_scores({ sequences, scores: scores!, beam_indices, normalize_logits, vocab_size });
    const theirs = split(tables[field]!, sequences.length);
    closeScores(report, `${check} ${field}`, join(running(own)), join(running(theirs)), SCORES);
  }
}

function split(table: Float32Array, count: number): Float32Array[] {
  const size = table.length / count;
  return Array.from({ length: count }, (_, index) => table.subarray(index * size, (index + 1) * size));
}

function join(parts: readonly Float32Array[]): Float32Array {
  return Float32Array.from(parts.flatMap((part) => [...part]));
}
