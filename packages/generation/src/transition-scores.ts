import { InternVLError } from "@internvl/core";
import { softmax } from "./logits/softmax.js";

export interface TransitionScoresArguments {
  /** `[rows][length]`, prompts included, as a generation returned them. */
  sequences: readonly (readonly number[])[];
  /** One `[rows, vocab_size]` a step, of a generation with `output_scores`. */
  scores: readonly Float32Array[];
  /** Of a beam search. */
  beam_indices?: readonly (readonly number[])[];
  /** Makes log probabilities of the scores. Default false, as in Transformers. */
  normalize_logits?: boolean;
  vocab_size: number;
}

/**
 * The score of each new token, `[rows][new tokens]`: Transformers' method of this name. After a beam search they are log
 * probabilities, 0 where a sequence has ended already, and their sum over the length to the power of `length_penalty` is
 * the sequence's score.
 *
 * @throws InternVLError `INPUT_INVALID` when scores and sequences are not of one generation
 */
export function compute_transition_scores(args: TransitionScoresArguments): Float32Array[] {
  const { sequences, scores, normalize_logits = false, vocab_size } = args;
  const indices = args.beam_indices ?? sequences.map((_, row) => scores.map(() => row));
  const steps = Math.max(0, ...indices.map((row) => row.filter((index) => index >= 0).length));
  assertFit(args, steps);
  const scoreOf = (step: number, row: number, token: number): number => {
    const own = scores[step]!.subarray(row * vocab_size, (row + 1) * vocab_size);
    return normalize_logits ? softmax(own).logProbability(own[token]!) : own[token]!;
  };
  return sequences.map((sequence, row) => {
    const start = sequence.length - steps;
    return Float32Array.from({ length: steps }, (_, step) => {
      const index = indices[row]![step]!;
      return index < 0 ? 0 : scoreOf(step, index, sequence[start + step]!);
    });
  });
}

function assertFit({ sequences, scores, beam_indices, vocab_size }: TransitionScoresArguments, steps: number): void {
  const fits =
    steps > 0 &&
    steps <= scores.length &&
    (beam_indices === undefined || beam_indices.length === sequences.length) &&
    scores.every((step) => step.length % vocab_size === 0 && step.length >= sequences.length * vocab_size) &&
    sequences.every((sequence) => sequence.length > steps);
  if (fits) return;
  throw new InternVLError("INPUT_INVALID", {
    what: "These scores are not those of the sequences",
    expected: `one table of rows x ${vocab_size} for each new token of ${sequences.length} sequences`,
    got: `${scores.length} tables`,
    fix: "Pass sequences, scores and beam_indices of one generate call with output_scores: true.",
  });
}
