import { InternVLError } from "@internvl/core";
import type { LogitsProcessor } from "./processor.js";

/** Token ids, and what is added to the score of the last of them where the row ends with those before it. */
export type SequenceBias = readonly [ids: readonly number[], bias: number];

/**
 * Makes sequences of tokens more or less likely. Transformers' `SequenceBiasLogitsProcessor`; of two biases for one
 * sequence the later counts.
 *
 * @throws InternVLError `INPUT_INVALID` for a token outside of the vocabulary
 */
export function sequenceBias(biases: readonly SequenceBias[], vocab_size: number): LogitsProcessor {
  assertInVocabulary(biases, vocab_size);
  const ofSequence = new Map(biases.map((bias) => [bias[0].join(), bias]));
  // The order of float32 additions is Transformers': single tokens, then by the length of what comes before.
  const ordered = [...ofSequence.values()].sort((a, b) => a[0].length - b[0].length);
  return (input_ids, scores) => {
    const sums = new Map<number, number>();
    for (const [ids, bias] of ordered) {
      const last = ids.at(-1)!;
      if (endsWith(input_ids, ids.slice(0, -1))) sums.set(last, Math.fround((sums.get(last) ?? 0) + Math.fround(bias)));
    }
    for (const [id, bias] of sums) scores[id]! += bias;
  };
}

/**
 * Rules sequences of tokens out, but for those that are one end token. Transformers' `NoBadWordsLogitsProcessor`.
 *
 * @throws InternVLError as `sequenceBias`
 */
export function noBadWords(
  words: readonly (readonly number[])[],
  eos_token_ids: readonly number[],
  vocab_size: number,
): LogitsProcessor {
  const isEnd = (ids: readonly number[]) => ids.length === 1 && eos_token_ids.includes(ids[0]!);
  const biases = words.filter((ids) => !isEnd(ids)).map((ids): SequenceBias => [ids, Number.NEGATIVE_INFINITY]);
  return sequenceBias(biases, vocab_size);
}

function endsWith(row: readonly number[], ids: readonly number[]): boolean {
  const start = row.length - ids.length;
  return start >= 0 && ids.every((id, index) => row[start + index] === id);
}

function assertInVocabulary(biases: readonly SequenceBias[], vocab_size: number): void {
  const outside = biases.flatMap(([ids]) => ids).find((id) => id >= vocab_size);
  if (outside === undefined) return;
  throw new InternVLError("INPUT_INVALID", {
    what: "sequence_bias or bad_words_ids names a token that the vocabulary lacks",
    expected: `ids below ${vocab_size}`,
    got: String(outside),
    fix: "Take the ids from the tokenizer of the same model.",
  });
}
