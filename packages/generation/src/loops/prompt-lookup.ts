import { throwIfAborted } from "@internvl/core";
import type { GenerateTokensResult } from "../types.js";
import { yieldToEventLoop } from "../yield.js";
import type { Generation } from "./generation.js";
import { GrowingRows } from "./growing-rows.js";
import { assertLogits, readPrompts } from "./read-prompts.js";

/**
 * Prompt lookup decoding (A. Saxena, github.com/apoorvumang/prompt-lookup-decoding): guesses that a row goes on as it did
 * before, reads the guess at once and keeps what the model would have chosen token by token. Sampling draws once for each
 * kept token, so a seed gives the same text with and without.
 */
export async function promptLookup(generation: Generation): Promise<GenerateTokensResult> {
  const { model, signal } = generation.args;
  const { vocab_size } = model;
  const row = generation.sequences[0]!;
  const rows = new GrowingRows(generation);
  const first = await readPrompts(generation);
  throwIfAborted(signal);
  rows.advance(first);
  while (!rows.finished) {
    await yieldToEventLoop();
    throwIfAborted(signal);
    const guess = guessContinuation(row, generation.options);
    const logits = await model.read!([[row.at(-1)!, ...guess]], { signal });
    assertLogits(logits, (guess.length + 1) * vocab_size);
    const start = row.length;
    try {
      for (let place = 0; ; place++) {
        const [token] = rows.advance(logits.subarray(place * vocab_size, (place + 1) * vocab_size));
        if (rows.finished || token !== guess[place]) break;
      }
    } finally {
      // Also when a streamer threw: what was read and is not in the row must not stay in a cache of the caller's.
      const wrong = guess.length - Math.max(0, row.length - start - 1);
      if (wrong > 0) model.forget!(wrong);
    }
  }
  return rows.result();
}

interface LookupOptions {
  prompt_lookup_num_tokens: number | undefined;
  max_matching_ngram_size: number;
  max_length: number;
  eos_token_ids: readonly number[];
}

/**
 * What followed the first place where the row's last tokens stood before, the longest run of them first. Transformers'
 * `PromptLookupCandidateGenerator`, without its test for tokens that processors rule out.
 */
function guessContinuation(row: readonly number[], options: LookupOptions): readonly number[] {
  // The model adds a token to every guess.
  const most = Math.min(options.prompt_lookup_num_tokens!, options.max_length - row.length - 1);
  if (most <= 0) return [];
  for (let size = Math.min(options.max_matching_ngram_size, row.length - 1); size > 0; size--) {
    const start = firstOccurrence(row, size);
    if (start === -1) continue;
    const guess = row.slice(start + size, start + size + most);
    const end = guess.findIndex((token) => options.eos_token_ids.includes(token));
    return end === -1 ? guess : guess.slice(0, end);
  }
  return [];
}

/** Where the row's last `size` tokens stand for the first time, or -1 when that is at its end. */
function firstOccurrence(row: readonly number[], size: number): number {
  const suffix = row.length - size;
  for (let start = 0; start < suffix; start++) {
    let matched = 0;
    while (matched < size && row[start + matched] === row[suffix + matched]) matched++;
    if (matched === size) return start;
  }
  return -1;
}
