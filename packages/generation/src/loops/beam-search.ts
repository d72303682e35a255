import { throwIfAborted } from "@internvl/core";
import { topIndices } from "../logits/highest.js";
import { runProcessors } from "../logits/processor.js";
import { renormalizeLogits } from "../logits/renormalize.js";
import { drawSeveral } from "../sampling/draw-several.js";
import { assertNumbers } from "../sampling/not-numbers.js";
import type { GenerateTokensResult } from "../types.js";
import { yieldToEventLoop } from "../yield.js";
import { type Beam, PromptBeams } from "./beams.js";
import type { Generation } from "./generation.js";
import { readPrompts } from "./read-prompts.js";
import { StepScores } from "./step-scores.js";

/**
 * Beam search, and beam sampling with `do_sample`: Transformers' `_beam_search`. Row `b * num_beams + i` of the model is
 * beam i of prompt b.
 */
export async function beamSearch(generation: Generation): Promise<GenerateTokensResult> {
  const { args, options } = generation;
  const { model, signal } = args;
  const prompts = args.input_ids.map((prompt) => new PromptBeams(prompt, options));
  const steps = new StepScores(prompts.length * options.num_beams, model.vocab_size, options, true);
  const answers = (beams: (prompt: PromptBeams) => Beam[]) =>
    prompts.flatMap((prompt) => beams(prompt).slice(0, options.num_return_sequences));
  let logits = await readPrompts(generation);
  for (;;) {
    throwIfAborted(signal);
    const scores = logProbabilities(steps.take(logits), prompts, generation);
    const ended = prompts.map((beams, prompt) => {
      const candidates = continuations(beams.running, scores, prompt, generation);
      beams.advance(candidates);
      return candidates.every(({ reason }) => reason !== undefined);
    });
    const running = prompts.flatMap((beams) => beams.running);
    generation.sequences = answers((prompt) => prompt.running).map(({ sequence }) => [...sequence]);
    if (ended.every(Boolean) || !mayGoOn(prompts, generation)) break;
    model.reorder!(running.map(({ parents }) => parents.at(-1)!));
    await yieldToEventLoop();
    throwIfAborted(signal);
    const tokens = running.map(({ sequence }) => sequence.at(-1)!);
    logits = await model.step(tokens, { signal });
  }
  return {
    ...resultOf(
      answers((prompt) => prompt.finished),
      generation,
    ),
    ...steps.kept(),
  };
}

/** Processed log probabilities, in place of the logits. */
function logProbabilities(
  rows: readonly Float32Array[],
  prompts: readonly PromptBeams[],
  { processors }: Generation,
): readonly Float32Array[] {
  const running = prompts.flatMap((beams) => beams.running);
  const normalize = renormalizeLogits();
  const scored = running.map(({ sequence }, row) => {
    const scores = rows[row]!;
    normalize(sequence, scores, row);
    return { input_ids: sequence, scores, row };
  });
  runProcessors(processors, scored);
  // A NaN would spread from here to every beam.
  for (const [row, scores] of rows.entries()) assertNumbers(scores, { step: running[row]!.parents.length, row });
  return rows;
}

/** The most promising continuations of a prompt's beams by one token: enough to go on with whichever of them end. */
function continuations(
  beams: readonly Beam[],
  scores: readonly Float32Array[],
  prompt: number,
  { args, options, stopCheck, streams }: Generation,
): Beam[] {
  const { vocab_size } = args.model;
  const count = Math.max(2, 1 + options.eos_token_ids.length) * beams.length;
  const first = prompt * beams.length;
  const sums = new Float32Array(beams.length * vocab_size);
  for (const [index, beam] of beams.entries()) {
    const row = scores[first + index]!;
    for (let id = 0; id < vocab_size; id++) sums[index * vocab_size + id] = row[id]! + beam.score;
  }
  const chosen = streams === undefined ? topIndices(sums, count) : drawSeveral(sums, count, streams[prompt]!);
  return chosen.map((place): Beam => {
    const index = Math.floor(place / vocab_size);
    const { sequence, parents } = beams[index]!;
    const row = first + index;
    const longer = [...sequence, place % vocab_size];
    const reason = stopCheck(longer, scores[row]!, row);
    return { sequence: longer, parents: [...parents, row], score: sums[place]!, reason };
  });
}

/** Transformers' `_beam_search_has_unfinished_sequences`, but for the end of all candidates. */
function mayGoOn(prompts: readonly PromptBeams[], { options }: Generation): boolean {
  if (options.early_stopping === true && prompts.every(({ full }) => full)) return false;
  return prompts.some(({ improvable }) => improvable);
}

function resultOf(answers: readonly Beam[], { pad_token_id, seed }: Generation): GenerateTokensResult {
  const longest = Math.max(...answers.map(({ sequence }) => sequence.length));
  const most = Math.max(...answers.map(({ parents }) => parents.length));
  const filled = (row: readonly number[], length: number, filler: number) => [
    ...row,
    ...new Array<number>(length - row.length).fill(filler),
  ];
  return {
    sequences: answers.map(({ sequence }) => filled(sequence, longest, pad_token_id)),
    finish_reasons: answers.map(({ reason }) => reason!),
    generated_tokens: answers.map(({ parents }) => parents.length),
    sequences_scores: answers.map(({ score }) => score),
    beam_indices: answers.map(({ parents }) => filled(parents, most, -1)),
    ...(seed !== undefined && { seed }),
  };
}
