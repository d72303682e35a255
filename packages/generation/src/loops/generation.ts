import { InternVLError } from "@internvl/core";
import { assertKnownOptions } from "../known-options.js";
import { buildLogitsProcessors } from "../logits/build.js";
import type { BatchLogitsProcessor, LogitsProcessor } from "../logits/processor.js";
import { GENERATION_OPTION_NAMES } from "../options.js";
import { type ResolvedOptions, resolveOptions } from "../resolve-options.js";
import { type Random, randomSeed, randomStreams } from "../sampling/random.js";
import { buildStopCheck, type StopCheck } from "../stopping/build.js";
import type { GenerateTokensArguments } from "../types.js";
import { assertMethods, assertRows } from "./inputs.js";

const ARGUMENT_NAMES: readonly string[] = [
  ...GENERATION_OPTION_NAMES,
  ...["input_ids", "attention_mask", "first_logits", "model", "streamer", "signal"],
  ...["logits_processor", "stopping_criteria", "decoder", "warning_callback"],
];

/** What all loops start from. */
export interface Generation {
  readonly args: GenerateTokensArguments;
  readonly options: ResolvedOptions;
  /** Rows that the model reads for each prompt: its beams, or its answers. */
  readonly rowsPerPrompt: number;
  readonly processors: readonly (LogitsProcessor | BatchLogitsProcessor)[];
  readonly stopCheck: StopCheck;
  readonly pad_token_id: number;
  readonly seed: number | undefined;
  /** Where draws come from, one a row (with beams: one a prompt); none without `do_sample`. */
  readonly streams: readonly Random[] | undefined;
  /** The rows so far, for somebody who stops the generation. Loops keep it up to date. */
  sequences: number[][];
}

/** Checks everything that can be checked before anything is computed. */
export function prepareGeneration(args: GenerateTokensArguments): Generation {
  assertKnownOptions(args, ARGUMENT_NAMES);
  const { input_ids, attention_mask, model } = args;
  assertRows("input_ids", input_ids, input_ids);
  if (attention_mask !== undefined) assertRows("attention_mask", attention_mask, input_ids);
  const options = resolveOptions(args, input_ids[0]!.length);
  const { num_beams, num_return_sequences } = options;
  const rowsPerPrompt = num_beams > 1 ? num_beams : num_return_sequences;
  assertMethods(args, options, rowsPerPrompt);
  const rows = input_ids.length * rowsPerPrompt;
  const custom = args.stopping_criteria ?? [];
  const seed = options.do_sample ? (options.seed ?? randomSeed()) : undefined;
  return {
    args,
    options,
    rowsPerPrompt,
    processors: buildLogitsProcessors(options, {
      vocab_size: model.vocab_size,
      attention_mask: attention_mask && repeatEach(attention_mask, rowsPerPrompt),
      custom: args.logits_processor,
    }),
    stopCheck: buildStopCheck(options, args.decoder, custom),
    pad_token_id: padToken(options, rows > 1 && (options.stop_strings.length > 0 || custom.length > 0)),
    seed,
    streams: seed === undefined ? undefined : randomStreams(seed, num_beams > 1 ? input_ids.length : rows),
    sequences: repeatEach(input_ids, rowsPerPrompt).map((row) => [...row]),
  };
}

/** Each element `count` times in a row. */
export function repeatEach<T>(elements: readonly T[], count: number): T[] {
  return elements.flatMap((element) => new Array<T>(count).fill(element));
}

function padToken({ pad_token_id, eos_token_ids }: ResolvedOptions, rowsMayEndApart: boolean): number {
  const id = pad_token_id ?? eos_token_ids[0];
  // Without one, all rows end together and it is never used.
  if (id !== undefined || !rowsMayEndApart) return id ?? 0;
  throw new InternVLError("INPUT_INVALID", {
    what: "Some rows may end before others, and there is nothing to fill them with",
    fix: "Set pad_token_id or eos_token_id.",
  });
}
