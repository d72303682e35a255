import { AbortedError, InternVLError, isAbort, throwIfAborted } from "@internvl/core";
import { assertKnownOptions } from "./known-options.js";
import { buildLogitsProcessors } from "./logits/build.js";
import type { LogitsProcessor } from "./logits/processor.js";
import { GENERATION_OPTION_NAMES } from "./options.js";
import { type ResolvedOptions, resolveOptions } from "./resolve-options.js";
import { type Random, randomSeed, randomStreams } from "./sampling/random.js";
import { argmax, Sampler } from "./sampling/select.js";
import { buildStopCheck, type StopCheck } from "./stopping/build.js";
import type { FinishReason } from "./stopping/criteria.js";
import type { GenerateTokensArguments, GenerateTokensResult } from "./types.js";
import { yieldToEventLoop } from "./yield.js";

const ARGUMENT_NAMES: readonly string[] = [
  ...GENERATION_OPTION_NAMES,
  ...["input_ids", "attention_mask", "first_logits", "model", "streamer", "signal"],
  ...["logits_processor", "stopping_criteria", "decoder"],
];

/**
 * Generates with any model that can read one token per row: chooses tokens, feeds them back, and stops each row in its
 * time. Rows that have ended stay frozen at `pad_token_id`; once all have ended the model is not called again.
 *
 * @throws InternVLError `INPUT_INVALID`, `UNSUPPORTED` (options), `RUNTIME_FAILED` (logits that are no numbers)
 * @throws AbortedError when stopped through `signal`; its `partial` is `{ sequences }`, the rows so far
 * @throws whatever the model, the streamer, a logits processor or a stopping criterion throws, unchanged
 */
export async function generateTokens(args: GenerateTokensArguments): Promise<GenerateTokensResult> {
  const { streamer, signal } = args;
  let sequences: number[][] = [];
  try {
    const loop = prepare(args);
    sequences = loop.sequences;
    const result = await run(args, loop);
    streamer?.end();
    return result;
  } catch (error) {
    if (!(signal?.aborted && isAbort(error))) {
      streamer?.fail?.(error);
      throw error;
    }
    streamer?.end();
    throw new AbortedError("The generation was stopped", { cause: signal.reason, partial: { sequences } });
  }
}

/** What stays the same over all steps of one generation, and the rows, which grow. */
interface Loop {
  sequences: number[][];
  options: ResolvedOptions;
  processors: LogitsProcessor[];
  stopCheck: StopCheck;
  pad_token_id: number;
  seed: number | undefined;
  /** The token for a row's processed scores. */
  choose(scores: Float32Array, row: number): number;
}

function prepare(args: GenerateTokensArguments): Loop {
  assertKnownOptions(args, ARGUMENT_NAMES);
  const { input_ids, attention_mask, model } = args;
  assertRows("input_ids", input_ids, input_ids);
  if (attention_mask !== undefined) assertRows("attention_mask", attention_mask, input_ids);
  const options = resolveOptions(args, input_ids[0]!.length);
  const custom = args.stopping_criteria ?? [];
  const pad_token_id = options.pad_token_id ?? options.eos_token_ids[0];
  if (pad_token_id === undefined && input_ids.length > 1 && (options.stop_strings.length > 0 || custom.length > 0)) {
    throw new InternVLError("INPUT_INVALID", {
      what: "Some rows may end before others, and there is nothing to fill them with",
      fix: "Set pad_token_id or eos_token_id.",
    });
  }
  const seed = options.do_sample ? (options.seed ?? randomSeed()) : undefined;
  return {
    sequences: input_ids.map((row) => [...row]),
    options,
    processors: buildLogitsProcessors(options, attention_mask, args.logits_processor ?? []),
    stopCheck: buildStopCheck(options, args.decoder, custom),
    // Without one, all rows end together and it is never used.
    pad_token_id: pad_token_id ?? 0,
    seed,
    choose: seed === undefined ? argmax : sampling(model.vocab_size, randomStreams(seed, input_ids.length)),
  };
}

function sampling(vocab_size: number, streams: readonly Random[]): Loop["choose"] {
  const sampler = new Sampler(vocab_size);
  return (scores, row) => sampler.draw(scores, streams[row]!);
}

async function run(args: GenerateTokensArguments, loop: Loop): Promise<GenerateTokensResult> {
  const { input_ids, first_logits, model, streamer, signal } = args;
  const { sequences, options, seed } = loop;
  const finish_reasons: (FinishReason | undefined)[] = sequences.map(() => undefined);
  const generated_tokens = sequences.map(() => 0);
  const kept_scores: Float32Array[] = [];
  const kept_logits: Float32Array[] = [];
  // Processors write into this copy: the model's own array stays what it was.
  let scores = new Float32Array(sequences.length * model.vocab_size);

  throwIfAborted(signal);
  streamer?.put(input_ids);
  let logits = typeof first_logits === "function" ? await first_logits({ signal }) : first_logits;
  for (;;) {
    throwIfAborted(signal);
    assertLogits(logits, scores.length);
    if (options.output_logits) kept_logits.push(logits.slice());
    if (options.output_scores) {
      scores = new Float32Array(scores.length);
      kept_scores.push(scores);
    }
    scores.set(logits);

    const tokens = sequences.map((sequence, row) => {
      if (finish_reasons[row] !== undefined) return loop.pad_token_id;
      const row_scores = scores.subarray(row * model.vocab_size, (row + 1) * model.vocab_size);
      for (const processor of loop.processors) processor(sequence, row_scores, row);
      return loop.choose(row_scores, row);
    });
    for (const [row, sequence] of sequences.entries()) {
      sequence.push(tokens[row]!);
      if (finish_reasons[row] !== undefined) continue;
      generated_tokens[row]!++;
      const row_scores = scores.subarray(row * model.vocab_size, (row + 1) * model.vocab_size);
      finish_reasons[row] = loop.stopCheck(sequence, row_scores, row);
    }
    streamer?.put(tokens.map((token) => [token]));
    if (allFinished(finish_reasons)) {
      return {
        sequences,
        finish_reasons,
        generated_tokens,
        ...(seed !== undefined && { seed }),
        ...(options.output_scores && { scores: kept_scores }),
        ...(options.output_logits && { logits: kept_logits }),
      };
    }
    await yieldToEventLoop();
    throwIfAborted(signal);
    logits = await model.step(tokens, { signal });
  }
}

function allFinished(reasons: (FinishReason | undefined)[]): reasons is FinishReason[] {
  return reasons.every((reason) => reason !== undefined);
}

/** Every row as long as the first prompt, every value an id. */
function assertRows(name: string, rows: readonly (readonly number[])[], prompts: readonly (readonly number[])[]): void {
  const length = prompts[0]?.length ?? 0;
  const fits =
    rows.length === prompts.length &&
    length > 0 &&
    rows.every((row) => row.length === length && row.every((value) => Number.isSafeInteger(value) && value >= 0));
  if (fits) return;
  throw new InternVLError("INPUT_INVALID", {
    what: `${name} is no table of token ids`,
    expected: length > 0 ? `${prompts.length} rows of ${length} integers of at least 0` : "at least one row and token",
    got: `rows of ${rows.map((row) => row.length).join(", ") || "nothing"}`,
    fix: "Let the processor pad the prompts (padding: true).",
  });
}

function assertLogits(logits: Float32Array, length: number): void {
  if (logits.length === length) return;
  throw new InternVLError("RUNTIME_FAILED", {
    what: "The model returned logits of another size than it should",
    expected: `rows x vocab_size = ${length} values`,
    got: String(logits.length),
  });
}
